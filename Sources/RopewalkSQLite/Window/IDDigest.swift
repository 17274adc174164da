/// Stands for a message id of an integration's customer in 16 bytes.
///
/// Both halves come from the standard library's hash, which is keyed with a secret of the process: nobody can choose two
/// ids with one digest, and by chance it does not happen.
struct IDDigest: Hashable, Sendable {
  /// Whose ids they are.
  struct Scope {
    fileprivate var high = Hasher()
    fileprivate var low = Hasher()

    init(integration: String, customer: String) {
      high.combine(1 as UInt8)
      low.combine(2 as UInt8)
      for name in [integration, customer] {
        high.combine(name)
        low.combine(name)
      }
    }
  }

  private let high: Int
  private let low: Int

  /// - Parameter id: in UTF-8.
  init(_ id: UnsafeRawBufferPointer, in scope: Scope) {
    var (high, low) = (scope.high, scope.low)
    high.combine(bytes: id)
    low.combine(bytes: id)
    self.high = high.finalize()
    self.low = low.finalize()
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(low)
  }
}
