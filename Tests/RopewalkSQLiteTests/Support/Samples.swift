import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

extension JournalEntry {
  static func sample(
    _ id: String,
    customer: String = "acme",
    payload: [UInt8] = [1, 2, 3],
    destinations: [String] = ["a"],
    replay: Replay? = nil
  ) -> JournalEntry {
    let metadata = MessageMetadata(customerID: customer, integrationID: "orders")
    return JournalEntry(message: Message(id: id, payload: payload, metadata: metadata), destinations: destinations, replay: replay)
  }
}

extension DeadLetter {
  static func sample(_ id: String, of entry: JournalEntry, payload: [UInt8]? = nil) -> DeadLetter {
    DeadLetter(
      id: id,
      messageID: entry.message.id,
      integration: entry.message.metadata.integrationID,
      customer: entry.message.metadata.customerID,
      destinations: entry.destinations,
      stage: deliveryStage,
      payload: payload ?? entry.message.payload,
      originalPayload: entry.message.payload,
      receivedAt: entry.message.timestamp,
      failedAt: entry.message.timestamp
    )
  }
}

extension JournalLane {
  static let acme = JournalLane.accepted(integration: "orders", customer: "acme")
}

extension AppendResult {
  var position: JournalPosition? { if case .accepted(let position) = self { position } else { nil } }
}

extension Settlement {
  static func end(
    _ position: JournalPosition,
    _ outcome: Outcome = .delivered,
    at destination: String = "a",
    letter: String? = nil
  ) -> Settlement {
    Settlement(position: position, destination: destination, outcome: outcome, letterID: letter)
  }
}

extension SQLiteJournal {
  /// Opens a journal, and closes it when `body` has ended.
  static func with<Value>(
    _ folder: Folder,
    _ settings: SQLiteJournalSettings = SQLiteJournalSettings(),
    role: JournalRole = .owner,
    logger: Logger = .quiet,
    clock: any Clock<Duration> = ContinuousClock(),
    _ body: (SQLiteJournal) async throws -> Value
  ) async throws -> Value {
    let journal = try SQLiteJournal(folder: folder.path, settings: settings, role: role, logger: logger, clock: clock)
    let value = try await body(journal)
    try journal.close()
    return value
  }

  @discardableResult
  func accept(_ entry: JournalEntry) async throws -> JournalPosition {
    let results = try await append([entry])
    return try #require(results.first?.position)
  }

  func open(_ lane: JournalLane = .acme) async throws -> [UnsettledEntry] {
    try await unsettled(in: lane, after: nil, limit: 1000)
  }
}
