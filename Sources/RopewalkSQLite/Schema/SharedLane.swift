import Crypto
import RopewalkJournal

/// The lane of a customer who shares a line of the ledger with others: were the line's number their lane too, all of it would have to
/// be read for each of them.
///
/// It stands above the number of any account, and is made of the names, so that nothing is kept of customers who have nothing in
/// flight. Should two have the same one, their messages tell them apart.
enum SharedLane {
  static func number(integration: String, customer: String) -> Int64 {
    let digest = SHA256.hash(data: Array("\(integration.utf8.count):\(integration)\(customer)".utf8))
    let hash = digest.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    return lowest | Int64(hash >> 2)
  }

  private static let lowest: Int64 = 1 << 62

  /// Whose a message of a shared line is that stands in a lane, by what is left of its detail. Where that does not say, or names
  /// somebody whose lane it is not, it is the line's own.
  static func customer(of detail: [UInt8], in lane: Int64, integration: String) -> String {
    guard let customer = try? MessageDetail.customer(in: detail) else { return LedgerEntry.furtherCustomers }
    // Replays, and all who shared a line in earlier versions, stand in lanes that are nobody's.
    guard lane >= lowest, lane != number(integration: integration, customer: customer) else { return customer }
    return LedgerEntry.furtherCustomers
  }
}
