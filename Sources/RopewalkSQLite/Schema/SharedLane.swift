import Crypto

/// The lane of a customer who shares a line of the ledger with others: were the line's number their lane too, all of it would have to
/// be read for each of them.
///
/// It stands above the number of any account, and is made of the names, so that nothing is kept of customers who have nothing in
/// flight. Should two have the same one, their messages tell them apart.
enum SharedLane {
  static func number(integration: String, customer: String) -> Int64 {
    let digest = SHA256.hash(data: Array("\(integration.utf8.count):\(integration)\(customer)".utf8))
    let hash = digest.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    return Int64((1 as UInt64) << 62 | hash >> 2)
  }
}
