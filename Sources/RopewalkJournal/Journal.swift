public import RopewalkCore

/// What was accepted is here until it is settled. The delivery law rests on this seam.
///
/// Every pair of message and destination ends as exactly one ``Settlement/Outcome``; a message that is filtered
/// before its destinations are reached settles each of them as filtered.
///
/// Implementations are safe to call from many tasks at once, and group calls that come at once into one sync.
public protocol Journal: Sendable {
  /// Whether what was accepted is still there when the process has ended. Default true.
  var isDurable: Bool { get }

  /// Takes messages over for good. When this returns, `accepted` ones survive whatever the implementation promises to survive.
  ///
  /// An entry with a ``JournalEntry/replay`` is never a duplicate by its message id; with the same sync it closes its letter,
  /// and it is a `duplicate` when that letter is not open any more.
  /// - Returns: one result per entry, in order.
  /// - Throws: ``RopewalkError`` when the journal cannot write; then none of the entries was accepted.
  func append(_ entries: [JournalEntry]) async throws -> [AppendResult]

  /// Records ends, and keeps the letters of those that were given up: all of both, or nothing.
  /// Settling a pair again changes nothing; a letter whose id is known is not kept twice.
  /// - Throws: ``RopewalkError`` when the journal cannot write.
  func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws

  /// Whether ``note(_:)`` keeps what it is given. Default false.
  var keepsAttempts: Bool { get }

  /// Keeps the failed attempts of pairs in flight, in place of what was kept of each before, so that a letter also has those
  /// from before a crash. Pairs that have their end are left out.
  /// - Throws: ``RopewalkError`` when the journal cannot write.
  func note(_ attempts: [FailedAttempts]) async throws

  /// Accepted messages of a lane with destinations still in flight, in the order of acceptance, after `position`.
  ///
  /// Costs what it returns: what is settled, and other lanes, are not read.
  /// - Parameter maxSize: the page ends with the message with which its payloads have so many bytes, whatever `limit` allows, so
  ///   that it is never larger than that and one message.
  func unsettled(
    in lane: JournalLane,
    after position: JournalPosition?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> UnsettledPage

  /// Whether a replay of any integration may be in flight; false is right up to a second ago. Costs nearly nothing, so that
  /// every run can ask every second. Default true.
  func mayHaveReplays() async throws -> Bool

  /// The sums of the delivery law, per integration and customer, in their alphabetical order.
  func ledger() async throws -> [LedgerEntry]

  /// Pairs in flight of an integration, its replays among them, by customer. Customers who share a line of the ledger are named
  /// each; who has nothing in flight is left out.
  ///
  /// Default: what the ledger says, for a journal in which nobody shares a line.
  func inFlight(of integration: String) async throws -> [String: Int]

  /// The letters that match, in the order of their ids, which is the order in which they were written.
  /// - Parameter id: only letters after this one; nil from the first.
  func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter]

  /// The same, as far as there is room: the page ends with the letter with which its payloads have `maxSize` bytes, whatever `limit`
  /// allows.
  ///
  /// Default: everything that `limit` allows is read, and the page cut.
  func deadLetters(
    matching query: DeadLetterQuery,
    after id: String?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> DeadLetterPage

  /// Closes open letters without sending them again. They stay readable until their retention ends.
  /// - Returns: how many of them were open.
  func discard(deadLetters ids: [String], reason: String) async throws -> Int
}

extension Journal {
  public var isDurable: Bool { true }
  public var keepsAttempts: Bool { false }

  public func note(_ attempts: [FailedAttempts]) async throws {}
  public func mayHaveReplays() async throws -> Bool { true }

  public func inFlight(of integration: String) async throws -> [String: Int] {
    try await ledger().reduce(into: [:]) { pairs, line in
      if line.integrationID == integration, line.inFlight > 0 { pairs[line.customerID] = line.inFlight }
    }
  }

  /// A page however large its payloads are.
  public func unsettled(in lane: JournalLane, after position: JournalPosition?, limit: Int) async throws -> [UnsettledEntry] {
    try await unsettled(in: lane, after: position, limit: limit, maxSize: ByteCount(.max)).entries
  }

  public func deadLetters(
    matching query: DeadLetterQuery,
    after id: String?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> DeadLetterPage {
    let found = try await deadLetters(matching: query, after: id, limit: limit)
    var page = DeadLetterPage(isEnd: found.count < limit)
    for letter in found {
      guard page.size < maxSize.bytes || page.letters.isEmpty else {
        page.isEnd = false
        break
      }
      page.append(letter)
    }
    return page
  }

  public func settle(_ settlements: [Settlement]) async throws {
    try await settle(settlements, deadLetters: [])
  }
}

/// Which unsettled messages to read.
public enum JournalLane: Sendable, Hashable {
  /// What a customer's senders sent to an integration, as far as it is open at any destination, or at the one named.
  case accepted(integration: String, customer: String, destination: String? = nil)
  /// Replays of an integration's dead letters, of all customers.
  case replays(integration: String)
}

public struct JournalEntry: Sendable, Equatable {
  public var message: Message
  /// Names of the destinations that each need an end. Not empty.
  public var destinations: [String]
  /// Set when a dead letter is sent again.
  public var replay: Replay?

  public init(message: Message, destinations: [String], replay: Replay? = nil) {
    self.message = message
    self.destinations = destinations
    self.replay = replay
  }
}

/// A dead letter's way back into the pipeline.
public struct Replay: Sendable, Equatable {
  public var letterID: String
  /// The stage to begin with, as the letter names it; nil from the first step.
  public var stage: String?
  /// The versions that steps are asked to run, by the steps' names, as letters name them; others run their current one.
  public var versions: [String: String]

  public init(letterID: String, stage: String? = nil, versions: [String: String] = [:]) {
    self.letterID = letterID
    self.stage = stage
    self.versions = versions
  }
}

/// Where in the journal an entry stands; grows with each append, over restarts too, and no entry becomes readable after
/// one of a higher position.
public struct JournalPosition: Sendable, Hashable, Comparable {
  public var value: UInt64

  public init(_ value: UInt64) {
    self.value = value
  }

  public static func < (left: JournalPosition, right: JournalPosition) -> Bool { left.value < right.value }
}

public enum AppendResult: Sendable, Equatable {
  case accepted(JournalPosition)
  /// The same id was accepted for this integration and customer before, inside the window.
  case duplicate
  /// A bound is reached; nothing was taken.
  case full
}

/// The end of one pair of message and destination.
public struct Settlement: Sendable, Equatable {
  public enum Outcome: String, Sendable, CaseIterable { case delivered, filtered, deadLettered }

  public var position: JournalPosition
  public var destination: String
  public var outcome: Outcome
  /// The letter that is written with this end; nil where none is. By it a journal knows the letter's message, whatever the letter says of
  /// that: without it, one that is damaged in the journal leaves nothing to its letter, and a large payload is kept twice.
  public var letterID: String?

  public init(position: JournalPosition, destination: String, outcome: Outcome, letterID: String? = nil) {
    self.position = position
    self.destination = destination
    self.outcome = outcome
    self.letterID = letterID
  }
}

/// What was tried in vain for one pair of message and destination.
public struct FailedAttempts: Sendable, Equatable {
  public var position: JournalPosition
  public var destination: String
  public var attempts: [DeadLetter.Attempt]

  public init(position: JournalPosition, destination: String, attempts: [DeadLetter.Attempt]) {
    self.position = position
    self.destination = destination
    self.attempts = attempts
  }
}

public struct UnsettledEntry: Sendable, Equatable {
  public var position: JournalPosition
  public var message: Message
  /// The destinations without an end yet.
  public var destinations: [String]
  public var replay: Replay?
  /// What was noted of the destinations without an end; those without a failed attempt have no entry.
  public var attempts: [String: [DeadLetter.Attempt]]
  /// Why its payload cannot be read, or what belongs to it, with the remedy; what cannot is empty then. Nil when all can.
  public var damage: String?

  public init(
    position: JournalPosition,
    message: Message,
    destinations: [String],
    replay: Replay? = nil,
    attempts: [String: [DeadLetter.Attempt]] = [:]
  ) {
    self.position = position
    self.message = message
    self.destinations = destinations
    self.replay = replay
    self.attempts = attempts
  }
}

/// Unsettled messages that were read at once.
public struct UnsettledPage: Sendable, Equatable {
  public var entries: [UnsettledEntry]
  /// Whether the lane had nothing behind them when it was read; where that is not known it is false.
  public var isEnd: Bool

  public init(_ entries: [UnsettledEntry], isEnd: Bool) {
    self.entries = entries
    self.isEnd = isEnd
  }
}

/// Counts of pairs (message, destination), but `duplicates` counts messages.
public struct LedgerEntry: Sendable, Equatable {
  public var integrationID: String
  public var customerID: String
  public var accepted: Int
  public var delivered: Int
  public var filtered: Int
  public var deadLettered: Int
  public var inFlight: Int
  public var duplicates: Int
  /// When the oldest message in flight was taken over; nil when none is.
  public var oldestInFlight: Timestamp?

  public init(
    integrationID: String,
    customerID: String,
    accepted: Int = 0,
    delivered: Int = 0,
    filtered: Int = 0,
    deadLettered: Int = 0,
    inFlight: Int = 0,
    duplicates: Int = 0,
    oldestInFlight: Timestamp? = nil
  ) {
    self.integrationID = integrationID
    self.customerID = customerID
    self.accepted = accepted
    self.delivered = delivered
    self.filtered = filtered
    self.deadLettered = deadLettered
    self.inFlight = inFlight
    self.duplicates = duplicates
    self.oldestInFlight = oldestInFlight
  }

  /// Stands for the integration and the customer of messages that are gone so that nobody knows whose they were. That line has
  /// at least one accepted pair for each of them, and does not balance.
  public static let unknown = "?"

  /// Stands for the customers of an integration who have no line each in the ledger or the counts. No message can have it as its
  /// customer's id.
  public static let furtherCustomers = "*"

  /// The delivery law: accepted = delivered + filtered + dead-lettered + in flight.
  public var balances: Bool { accepted == delivered + filtered + deadLettered + inFlight }
}
