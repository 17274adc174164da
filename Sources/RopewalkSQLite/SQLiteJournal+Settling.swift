import GRDB
import RopewalkCore
package import RopewalkJournal

extension SQLiteJournal {
  package func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {
    guard !settlements.isEmpty || !deadLetters.isEmpty else { return }
    try requireOwner()
    var letters = deadLetters.map(PreparedLetter.init)
    if letters.contains(where: { isLarge($0) || $0.letter.damage != nil }) {
      let messages = try await files(of: Set(settlements.map(\.position)))
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

  private func isLarge(_ payload: [UInt8]) -> Bool {
    payload.count > settings.maxInlinePayload.bytes
  }

  /// Which message a letter is about: ids are a customer's own.
  private struct MessageKey: Hashable {
    let integration: String
    let customer: String
    let id: String

    init(_ message: Message) {
      (integration, customer, id) = (message.metadata.integrationID, message.metadata.customerID, message.id)
    }

    init(_ letter: DeadLetter) {
      (integration, customer, id) = (letter.integration, letter.customer, letter.messageID)
    }
  }

  /// The files of the payloads of messages that are to be settled.
  private func files(of positions: Set<JournalPosition>) async throws -> [MessageKey: PayloadFile] {
    try await read { database in
      let statement = try PreparedStatement(
        "SELECT m.id, m.detail, f.name, f.size FROM messages m JOIN files f ON f.number = m.file WHERE m.position = ?",
        on: database
      )
      var files: [MessageKey: PayloadFile] = [:]
      for position in positions {
        statement.bind(Int64(clamping: position.value), at: 1)
        let found = try statement.first { row in
          // The account may be one that customers share; the message itself says whose it is.
          let (message, _) = try MessageDetail.decode(row.bytes(1), id: row.text(0), timestamp: Timestamp(nanoseconds: 0))
          return (key: MessageKey(message), file: PayloadFile(name: row.text(2), size: Int(row.integer(3))))
        }
        if let found { files[found.key] = found.file }
      }
      return files
    }
  }

  /// Has each large payload in a file: the message's own where the bytes are the same.
  private func file(
    _ letters: [PreparedLetter],
    sharing messages: [MessageKey: PayloadFile],
    in payloads: PayloadFolder
  ) throws -> [PreparedLetter] {
    try letters.map { prepared in
      var (prepared, letter) = (prepared, prepared.letter)
      if letter.damage != nil {
        // It still refers to the file: what is put back there is its payload again.
        prepared.original = messages[MessageKey(letter)].map { LetterFile(file: $0, isShared: true) }
        prepared.payload = prepared.original
        return prepared
      }
      if isLarge(letter.originalPayload) {
        prepared.original = try file(letter.originalPayload, sharing: messages[MessageKey(letter)], in: payloads)
      }
      if isLarge(letter.payload) {
        prepared.payload =
          letter.payload == letter.originalPayload
          ? prepared.original.map { LetterFile(file: $0.file, isShared: true) }
          : LetterFile(file: try payloads.write(letter.payload), isShared: false)
      }
      return prepared
    }
  }

  private func file(_ payload: [UInt8], sharing message: PayloadFile?, in payloads: PayloadFolder) throws -> LetterFile {
    if let message, message.size == payload.count, try payloads.read(message.name) == payload {
      return LetterFile(file: message, isShared: true)
    }
    return LetterFile(file: try payloads.write(payload), isShared: false)
  }
}
