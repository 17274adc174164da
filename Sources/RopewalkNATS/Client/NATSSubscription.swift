import CNATS
import RopewalkCore
import Synchronization

/// A subscription whose messages are handed to a closure one after another, on a thread of the library's.
final class NATSSubscription: Sendable {
  typealias Handler = @Sendable (borrowing NATSMessage) -> Void

  private final class Receiver: Sendable {
    let handler: Handler
    init(_ handler: @escaping Handler) { self.handler = handler }
  }

  private nonisolated(unsafe) let handle: OpaquePointer

  /// - Throws: `nats.failed`, `nats.closed`.
  init(_ connection: OpaquePointer, subject: String, handler: @escaping Handler) throws(RopewalkError) {
    let receiver = Unmanaged.passRetained(Receiver(handler))
    var handle: OpaquePointer?
    let status = natsConnection_Subscribe(
      &handle,
      connection,
      subject,
      { _, subscription, message, closure in
        guard let message, let closure else { return }
        Unmanaged<Receiver>.fromOpaque(closure).takeUnretainedValue().handler(NATSMessage(message, of: subscription))
      },
      receiver.toOpaque()
    )
    guard status == NATS_OK, let handle else {
      receiver.release()
      try status.check("cannot subscribe to \(subject)")
      throw RopewalkError(.natsFailed, "cannot subscribe to \(subject)")
    }
    // What arrives was asked for, in bounded numbers; the library must not drop it.
    natsSubscription_SetPendingLimits(handle, -1, -1)
    natsSubscription_SetOnCompleteCB(handle, { $0.map { Unmanaged<Receiver>.fromOpaque($0).release() } }, receiver.toOpaque())
    self.handle = handle
  }

  /// No message is handed over any more, but for one that is just being handed over.
  func cancel() {
    natsSubscription_Unsubscribe(handle)
  }

  deinit {
    natsSubscription_Destroy(handle)
  }
}
