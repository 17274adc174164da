import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite

/// What the benchmark does to a journal.
struct JournalLoad {
  static let senders = 64
  static let payload = [UInt8](repeating: 7, count: 1024)

  let folder: String
  let durability: SQLiteJournalSettings.Durability
  let count: Int

  /// Each sender appends a message, hears that it is accepted, settles it, and goes on when that is written.
  func settle() async throws {
    let journal = try open()
    let before = try await journal.ledger().first?.delivered ?? 0
    let start = ContinuousClock.now
    try await withThrowingDiscardingTaskGroup { group in
      for sender in 0..<Self.senders {
        group.addTask {
          for number in stride(from: sender, to: count, by: Self.senders) {
            guard case .accepted(let position) = try await journal.append([Self.entry(number)]).first else { continue }
            try await journal.settle([Settlement(position: position, destination: "out", outcome: .delivered)])
          }
        }
      }
    }
    let seconds = (ContinuousClock.now - start).seconds
    let line = try await journal.ledger().first
    precondition(line?.delivered == before + count && line?.inFlight == 0, "messages were lost")
    print("{\"per_second\": \(Double(count) / seconds), \"batch\": \(Double(count) / Double(max(1, journal.syncs)))}")
    try journal.close()
  }

  func fill() async throws {
    let journal = try open()
    for start in stride(from: 0, to: count, by: 1000) {
      _ = try await journal.append((start..<min(start + 1000, count)).map(Self.entry))
    }
    try journal.close()
  }

  func reopen() async throws {
    let start = ContinuousClock.now
    let journal = try open()
    let opened = (ContinuousClock.now - start).seconds
    let waiting = try await journal.ledger().map(\.inFlight).reduce(0, +)
    let page = try await journal.unsettled(in: .accepted(integration: "orders", customer: "acme"), after: nil, limit: 256)
    let seconds = (ContinuousClock.now - start).seconds
    precondition(page.count == min(256, waiting), "the first page is not there")
    print(
      "{\"waiting\": \(waiting), \"open_seconds\": \(opened), \"first_page_seconds\": \(seconds), \"peak_mib\": \(ProcessMemory.peakMebibytes)}"
    )
    try journal.close()
  }

  private func open() throws -> SQLiteJournal {
    var settings = SQLiteJournalSettings(durability: durability)
    // So that ids of one run are not duplicates in the next.
    settings.limits.windowDuration = .seconds(60)
    return try SQLiteJournal(folder: folder, settings: settings, logger: Logger(label: "benchmark"))
  }

  private static func entry(_ number: Int) -> JournalEntry {
    let metadata = MessageMetadata(customerID: "acme", integrationID: "orders", source: "in")
    return JournalEntry(message: Message(payload: payload, metadata: metadata), destinations: ["out"])
  }
}
