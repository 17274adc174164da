import GRDB
import RopewalkCore
package import RopewalkJournal

extension SQLiteJournal {
  package func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {
    guard !settlements.isEmpty || !deadLetters.isEmpty else { return }
    try requireOwner()
    var letters = deadLetters.map(PreparedLetter.init)
    if letters.contains(where: { isLarge($0) || $0.letter.damage != nil }) {
      let messages = try await messages(of: settlements)
      letters = try await payloads.perform { [letters] in try self.file(letters, sharing: messages, in: $0) }
    }
    let made = letters.flatMap(\.ownFiles)
    let unused = try await removing(made) { [letters] in try await write(settlements, letters) }
    await remove(unused)
  }

  package var keepsAttempts: Bool { true }

  package func note(_ attempts: [FailedAttempts]) async throws {
    guard !attempts.isEmpty else { return }
    try requireOwner()
    try await writing.perform(isOnDisk: false) { writer in
      for failed in attempts { try writer.note(failed) }
    }
  }

  /// - Returns: the files that were made for letters which are known already.
  ///
  /// An end that a power cut takes back is brought about once more: the message is delivered again, as it may be in any crash.
  /// So only letters are waited for; the ends are on disk with whatever is accepted next.
  private func write(_ settlements: [Settlement], _ letters: [PreparedLetter]) async throws -> [String] {
    try await writing.perform(isOnDisk: !letters.isEmpty) { writer in
      let unused = letters.isEmpty ? [] : try writer.keep(letters)
      for settlement in settlements { try writer.settle(settlement) }
      return unused
    }
  }

  private func isLarge(_ prepared: PreparedLetter) -> Bool {
    isLarge(prepared.letter.payload) || isLarge(prepared.letter.originalPayload)
  }

  /// The messages that letters are about, by the letters' ids, without their payloads.
  private func messages(of settlements: [Settlement]) async throws -> [String: MessageRow] {
    let ends = settlements.compactMap { end in end.letterID.map { ($0, end.position) } }
    let positions = Dictionary(ends) { first, _ in first }
    return try await read { database in
      let statement = try PreparedStatement(
        "SELECT \(MessageRow.columns) FROM \(MessageRow.tables) WHERE m.position = ?",
        on: database
      )
      return try positions.compactMapValues { position in
        statement.bind(Int64(clamping: position.value), at: 1)
        return try statement.first { try MessageRow($0, on: database) }
      }
    }
  }

  /// Has each large payload in a file: the message's own where the bytes are the same.
  private func file(
    _ letters: [PreparedLetter],
    sharing messages: [String: MessageRow],
    in payloads: PayloadFolder
  ) throws -> [PreparedLetter] {
    try letters.map { letter in
      let message = messages[letter.letter.id]
      guard letter.letter.damage == nil else { return message.map { damaged(letter, $0) } ?? letter }
      return try file(letter, sharing: message?.file, in: payloads)
    }
  }

  /// The letter has what its message has, as it is found: what is put back in a file is its payload again.
  private func damaged(_ prepared: PreparedLetter, _ message: MessageRow) -> PreparedLetter {
    var prepared = prepared
    if message.isWhole {
      // What is wrong with the payload is found anew with each reading, and nothing is with the rest, if it was before.
      prepared = PreparedLetter(prepared.letter.completed(from: message))
    }
    if let file = message.file {
      prepared.original = LetterFile(file: file, isShared: true)
      prepared.payload = prepared.original
    } else {
      prepared.damagedMessage = message.position
    }
    return prepared
  }

  private func file(_ prepared: PreparedLetter, sharing message: PayloadFile?, in payloads: PayloadFolder) throws -> PreparedLetter {
    var prepared = prepared
    let letter = prepared.letter
    if isLarge(letter.originalPayload) {
      prepared.original = try file(letter.originalPayload, sharing: message, in: payloads)
    }
    if isLarge(letter.payload) {
      prepared.payload =
        letter.payload == letter.originalPayload
        ? prepared.original.map { LetterFile(file: $0.file, isShared: true) }
        : LetterFile(file: try payloads.write(letter.payload), isShared: false)
    }
    return prepared
  }

  private func file(_ payload: [UInt8], sharing message: PayloadFile?, in payloads: PayloadFolder) throws -> LetterFile {
    if let message, message.size == payload.count, try payloads.read(message.name) == payload {
      return LetterFile(file: message, isShared: true)
    }
    return LetterFile(file: try payloads.write(payload), isShared: false)
  }
}

extension DeadLetter {
  /// With everything of its message that is no payload, as it came, whatever was read of it before: a letter of a damaged one has been
  /// through no step.
  fileprivate func completed(from row: MessageRow) -> DeadLetter {
    let (message, metadata) = (row.message, row.message.metadata)
    var letter = self
    (letter.damage, letter.messageID, letter.replayOf) = (nil, message.id, row.replay?.letterID)
    (letter.integration, letter.customer) = (metadata.integrationID, metadata.customerID)
    (letter.tenant, letter.source) = (metadata.tenantID, metadata.source)
    (letter.correlationID, letter.traceID) = (metadata.correlationID, metadata.traceID)
    (letter.contentType, letter.originalContentType) = (message.contentType, message.contentType)
    (letter.headers, letter.originalHeaders) = (message.headers, message.headers)
    letter.receivedAt = message.timestamp
    if let stage = row.replay?.stage { (letter.stage, letter.firstStage) = (stage, stage) }
    return letter
  }
}
