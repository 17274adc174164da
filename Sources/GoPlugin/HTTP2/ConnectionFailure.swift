import Synchronization

/// The first thing that went wrong with a connection below HTTP/2, which gRPC does not tell: its calls only say that the
/// connection is closed.
final class ConnectionFailure: Sendable {
  private let first = Mutex<String?>(nil)

  func record(_ error: any Error) {
    first.withLock { $0 = $0 ?? "\(error)" }
  }

  var text: String? { first.withLock { $0 } }
}
