/// Stands for a message id of an integration's customer in 16 bytes.
///
/// Both halves come from the standard library's hash, which is keyed with a secret of the process: nobody can choose two
/// ids with one digest, and by chance it does not happen.
struct IDDigest: Hashable, Sendable {
  private let high: Int
  private let low: Int

  init(integration: String, customer: String, id: String) {
    func hash(_ half: UInt8) -> Int {
      var hasher = Hasher()
      hasher.combine(half)
      hasher.combine(integration)
      hasher.combine(customer)
      hasher.combine(id)
      return hasher.finalize()
    }
    self.high = hash(1)
    self.low = hash(2)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(low)
  }
}
