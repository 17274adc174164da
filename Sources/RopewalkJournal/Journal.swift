public import RopewalkCore

/// What was accepted is here until it is settled. The delivery law rests on this seam.
///
/// Every pair of message and destination ends as exactly one ``Settlement/Outcome``; a message that is filtered
/// before its destinations are reached settles each of them as filtered.
public protocol Journal: Sendable {
  /// Takes messages over for good. When this returns, `accepted` ones survive whatever the implementation promises to survive.
  /// - Returns: one result per entry, in order.
  /// - Throws: ``RopewalkError`` when the journal cannot write; then none of the entries was accepted.
  func append(_ entries: [JournalEntry]) async throws -> [AppendResult]

  /// Records ends. Settling a pair again changes nothing.
  func settle(_ settlements: [Settlement]) async throws

  /// Accepted messages with destinations still in flight, in the order of acceptance, after `position`.
  func unsettled(after position: JournalPosition?, limit: Int) async throws -> [UnsettledEntry]

  /// The sums of the delivery law, per integration and customer.
  func ledger() async throws -> [LedgerEntry]
}

public struct JournalEntry: Sendable, Equatable {
  public var message: Message
  /// Names of the destinations that each need an end. Not empty.
  public var destinations: [String]

  public init(message: Message, destinations: [String]) {
    self.message = message
    self.destinations = destinations
  }
}

/// Where in the journal an entry stands; grows with each append.
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

  public init(position: JournalPosition, destination: String, outcome: Outcome) {
    self.position = position
    self.destination = destination
    self.outcome = outcome
  }
}

public struct UnsettledEntry: Sendable, Equatable {
  public var position: JournalPosition
  public var message: Message
  /// The destinations without an end yet.
  public var destinations: [String]

  public init(position: JournalPosition, message: Message, destinations: [String]) {
    self.position = position
    self.message = message
    self.destinations = destinations
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

  public init(
    integrationID: String,
    customerID: String,
    accepted: Int = 0,
    delivered: Int = 0,
    filtered: Int = 0,
    deadLettered: Int = 0,
    inFlight: Int = 0,
    duplicates: Int = 0
  ) {
    self.integrationID = integrationID
    self.customerID = customerID
    self.accepted = accepted
    self.delivered = delivered
    self.filtered = filtered
    self.deadLettered = deadLettered
    self.inFlight = inFlight
    self.duplicates = duplicates
  }

  /// The delivery law: accepted = delivered + filtered + dead-lettered + in flight.
  public var balances: Bool { accepted == delivered + filtered + deadLettered + inFlight }
}
