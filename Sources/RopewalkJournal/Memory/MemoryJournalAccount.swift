import RopewalkCore

/// One line of the ledger with the message ids lately accepted on it. Used only under the journal's lock.
final class MemoryJournalAccount {
  struct Key: Hashable {
    var integrationID: String
    var customerID: String
  }

  var line: LedgerEntry
  var recentIDs: Set<String> = []
  private let isShared: Bool
  /// What was accepted on a line of its own, without replays, so that reading it costs nothing of other lines.
  private var own = MemoryJournalPositions()
  /// The same of each customer who shares a line and has something in flight.
  private var shared: [String: MemoryJournalPositions] = [:]

  init(_ key: Key) {
    self.line = LedgerEntry(integrationID: key.integrationID, customerID: key.customerID)
    self.isShared = key.customerID == LedgerEntry.furtherCustomers
  }

  /// What makes a message the same as another on this line; customers who share a line keep their ids apart, whatever these contain.
  func identity(of message: Message) -> String {
    guard isShared else { return message.id }
    let customer = message.metadata.customerID
    return "\(customer.utf8.count):\(customer)\(message.id)"
  }

  func positions(of customer: String) -> MemoryJournalPositions? { isShared ? shared[customer] : own }

  /// - Parameter position: higher than all before.
  func append(_ position: UInt64, of customer: String) {
    if isShared { shared[customer, default: MemoryJournalPositions()].append(position) } else { own.append(position) }
  }

  /// One message of a customer was settled.
  /// - Parameter isOpen: whether the one at a position still is.
  func settleOne(of customer: String, isOpen: (UInt64) -> Bool) {
    guard isShared else { return own.settleOne(isOpen: isOpen) }
    shared[customer]?.settleOne(isOpen: isOpen)
    if shared[customer]?.isEmpty == true { shared[customer] = nil }
  }

  func settle(_ outcome: Settlement.Outcome) {
    line.inFlight -= 1
    switch outcome {
    case .delivered: line.delivered += 1
    case .filtered: line.filtered += 1
    case .deadLettered: line.deadLettered += 1
    }
  }
}
