import Synchronization

/// What a client is told beside its answer, in `Warning` headers.
final class WarningList: Sendable {
  /// Warnings of one answer at most; a client that sends a thousand unknown fields hears of the first.
  private static let limit = 32

  private let texts = Mutex<[String]>([])

  func add(_ text: String) {
    texts.withLock { if $0.count < Self.limit, !$0.contains(text) { $0.append(text) } }
  }

  var all: [String] { texts.withLock { $0 } }
}
