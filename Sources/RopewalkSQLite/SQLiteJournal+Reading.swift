import GRDB
import Logging
package import RopewalkCore
package import RopewalkJournal

extension SQLiteJournal {
  package func unsettled(
    in lane: JournalLane,
    after position: JournalPosition?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> UnsettledPage {
    var last = position
    while true {
      let page = try await read { [last] in try LaneReader($0).read(lane, after: last, limit: limit, maxSize: maxSize) }
      reportMissing(page.missing)
      let entries = try await withPayloads(page.found)
      // A page whose messages are gone, or were all settled while their files were read, is not the end of the lane.
      guard entries.isEmpty, !page.isEnd, let end = page.last else { return UnsettledPage(entries, isEnd: page.isEnd) }
      last = JournalPosition(UInt64(clamping: end))
    }
  }

  /// Says which messages are in flight and gone. Each is said once, and the others go on.
  private func reportMissing(_ positions: [Int64]) {
    for position in positions where damage.isNews(missing: position) {
      logger.error(
        "A message is in flight and not in the journal: it is damaged, and nothing is left of that message",
        metadata: ["journal": "\(folder.path)", "position": "\(position)"]
      )
    }
  }

  package func mayHaveReplays() async throws -> Bool {
    try await replayGlance.answer {
      // Lanes of replays have the numbers below zero.
      try await read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM pairs WHERE lane < 0)") ?? false }
    }
  }

  package func ledger() async throws -> [LedgerEntry] {
    try await read { try LedgerReader.read($0) }
  }

  package func inFlight(of integration: String) async throws -> [String: Int] {
    try await read { try LedgerReader.inFlight(of: integration, $0) }
  }

  package func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    try await deadLetters(matching: query, after: id, limit: limit, maxSize: ByteCount(.max)).letters
  }

  package func deadLetters(
    matching query: DeadLetterQuery,
    after id: String?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> DeadLetterPage {
    var (last, page) = (id, DeadLetterPage(isEnd: false))
    // Letters that were removed while their files were read make room for further ones.
    while page.letters.count < limit, page.size < maxSize.bytes || page.letters.isEmpty {
      let (wanted, room) = (limit - page.letters.count, ByteCount(maxSize.bytes - page.size))
      let found = try await read { [last] in try LetterReader($0).read(query, after: last, limit: wanted, maxSize: room) }
      for letter in found.letters {
        if let letter = try await withPayloads(letter) { page.append(letter) }
      }
      page.isEnd = found.isEnd
      guard !found.isEnd, let end = found.letters.last else { break }
      last = end.letter.id
    }
    return page
  }

  private func withPayloads(_ found: [LaneReader.Found]) async throws -> [UnsettledEntry] {
    var entries: [UnsettledEntry] = []
    for (var entry, file, _, damage) in found {
      if let damage {
        let (id, metadata) = (entry.message.id, entry.message.metadata)
        entry.damage = damage.words(id, customer: metadata.customerID, integration: metadata.integrationID, in: folder)
      } else if let file {
        do {
          guard let payload = try await payload(in: file) else { continue }
          entry.message.payload = payload
        } catch let error as RopewalkError where error.code.isOfPayload {
          entry.damage = error.message
        }
      }
      entries.append(entry)
    }
    return entries
  }

  /// Nil when the letter was removed meanwhile.
  private func withPayloads(_ found: LetterReader.Found) async throws -> DeadLetter? {
    var letter = found.letter
    if let damage = found.damage {
      let id = damage == .letter ? letter.id : letter.messageID
      letter.damage = damage.words(id, customer: letter.customer, integration: letter.integration, in: folder)
    }
    guard letter.damage == nil else { return letter }
    do {
      if let file = found.payloadFile {
        guard let payload = try await payload(in: file) else { return nil }
        letter.payload = payload
      }
      if let file = found.originalFile, file == found.payloadFile {
        letter.originalPayload = letter.payload
      } else if let file = found.originalFile {
        guard let payload = try await payload(in: file) else { return nil }
        letter.originalPayload = payload
      }
    } catch let error as RopewalkError where error.code.isOfPayload {
      // The others are still to be seen, and this one to be discarded.
      (letter.payload, letter.originalPayload, letter.damage) = ([], [], error.message)
    }
    return letter
  }

  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do {
      return try await pool.read(body)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw damage.noting(.ofJournal(error, in: folder.path))
    }
  }
}
