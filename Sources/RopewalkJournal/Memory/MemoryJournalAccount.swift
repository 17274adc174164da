import RopewalkCore

/// One line of the ledger with the message ids lately accepted on it. Used only under the journal's lock.
final class MemoryJournalAccount {
  struct Key: Hashable {
    var integrationID: String
    var customerID: String
  }

  /// Not a customer id that a message can have.
  static let sharedCustomerID = "*"

  var line: LedgerEntry
  var recentIDs: Set<String> = []
  /// What was accepted on this line, without replays, so that reading it costs nothing of other lines.
  var positions = MemoryJournalPositions()

  init(_ key: Key) {
    self.line = LedgerEntry(integrationID: key.integrationID, customerID: key.customerID)
  }

  /// What makes a message the same as another on this line; customers who share a line keep their ids apart.
  func identity(of message: Message) -> String {
    line.customerID == Self.sharedCustomerID ? "\(message.metadata.customerID)/\(message.id)" : message.id
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
