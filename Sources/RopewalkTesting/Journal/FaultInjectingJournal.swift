package import RopewalkCore
package import RopewalkJournal

/// A journal that fails when a test says so, in front of a real one.
package struct FaultInjectingJournal: Journal {
  package typealias Fault = @Sendable () throws -> Void
  /// What is wrong with an entry that is read; nil for nothing.
  package typealias Damage = @Sendable (UnsettledEntry) -> String?

  private let journal: any Journal
  private let onAppend: Fault
  private let onSettle: Fault
  private let onLetters: Fault
  private let hasRoom: @Sendable ([DeadLetter]) -> Bool
  private let onRead: Fault
  private let damage: Damage

  /// - Parameter hasRoom: for all of these letters; otherwise there is none for any.
  package init(
    _ journal: any Journal,
    onAppend: @escaping Fault = {},
    onSettle: @escaping Fault = {},
    onLetters: @escaping Fault = {},
    hasRoom: @escaping @Sendable ([DeadLetter]) -> Bool = { _ in true },
    onRead: @escaping Fault = {},
    damage: @escaping Damage = { _ in nil }
  ) {
    self.journal = journal
    self.onAppend = onAppend
    self.onSettle = onSettle
    self.onLetters = onLetters
    self.hasRoom = hasRoom
    self.onRead = onRead
    self.damage = damage
  }

  package var isDurable: Bool { journal.isDurable }

  package func append(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    try onAppend()
    return try await journal.append(entries)
  }

  package func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {
    try onSettle()
    if !deadLetters.isEmpty { try onLetters() }
    if !hasRoom(deadLetters) { throw RopewalkError(.deadLettersFull, "no room for so many") }
    try await journal.settle(settlements, deadLetters: deadLetters)
  }

  package var keepsAttempts: Bool { journal.keepsAttempts }

  package func note(_ attempts: [FailedAttempts]) async throws {
    try onSettle()
    try await journal.note(attempts)
  }

  package func unsettled(
    in lane: JournalLane,
    after position: JournalPosition?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> UnsettledPage {
    try onRead()
    var page = try await journal.unsettled(in: lane, after: position, limit: limit, maxSize: maxSize)
    for place in page.entries.indices {
      guard let words = damage(page.entries[place]) else { continue }
      page.entries[place].damage = words
      page.entries[place].message.payload = []
    }
    return page
  }

  package func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    try onRead()
    return try await journal.deadLetters(matching: query, after: id, limit: limit)
  }

  package func deadLetters(
    matching query: DeadLetterQuery,
    after id: String?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> DeadLetterPage {
    try onRead()
    return try await journal.deadLetters(matching: query, after: id, limit: limit, maxSize: maxSize)
  }

  package func discard(deadLetters ids: [String], reason: String) async throws -> Int {
    try onSettle()
    return try await journal.discard(deadLetters: ids, reason: reason)
  }

  package func ledger() async throws -> [LedgerEntry] {
    try await journal.ledger()
  }

  package func inFlight(of integration: String) async throws -> [String: Int] {
    try await journal.inFlight(of: integration)
  }
}
