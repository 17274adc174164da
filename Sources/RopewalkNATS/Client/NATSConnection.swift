import CNATS
import Dispatch
package import RopewalkCore
import Synchronization

/// A connection to a NATS server or cluster that reconnects for ever.
///
/// No call blocks the calling thread for longer than a lock, and everything may be called from any task or thread.
package final class NATSConnection: Sendable {
  package let options: NATSOptions
  let events: NATSConnectionEvents
  let requests: RequestDesk
  private nonisolated(unsafe) let handle: OpaquePointer

  /// Connects.
  /// - Throws: ``RopewalkError`` that names the servers, the cause and what helps.
  package static func connect(_ options: NATSOptions) async throws -> NATSConnection {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try NATSConnection(options) })
      }
    }
  }

  /// Blocks while it connects.
  private init(_ options: NATSOptions) throws {
    let events = NATSConnectionEvents()
    let settings = try NATSSettings(options, events)
    var handle: OpaquePointer?
    let status = natsConnection_Connect(&handle, settings.handle)
    guard status == NATS_OK, let handle else {
      events.closed()
      throw status.connectFailure(options, detail: nats_GetLastError(nil).map { String(cString: $0) } ?? "")
    }
    self.options = options
    self.events = events
    self.handle = handle
    events.connected()
    do {
      requests = try RequestDesk(handle, events: events, limits: options.limits)
    } catch {
      natsConnection_Destroy(handle)
      throw error
    }
  }

  deinit {
    // Waits for nobody: the library frees what is in use when its threads have let go of it.
    requests.close()
    natsConnection_Destroy(handle)
  }

  /// Whether a server is connected at this moment.
  package var isConnected: Bool { events.isConnected }

  /// For whoever does not wait for a server.
  /// - Throws: `nats.disconnected` while none is connected; `nats.closed` when none will be any more.
  func expectConnected() throws(RopewalkError) {
    guard !isConnected else { return }
    throw RopewalkError(events.isClosed ? .natsClosed : .natsDisconnected, "NATS is not connected just now; it is being reconnected")
  }

  /// The address of the server that is connected; empty when none is.
  package var server: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress, natsConnection_GetConnectedUrl(handle, base, buffer.count) == NATS_OK else { return "" }
      return String(cString: base)
    }
  }

  /// The largest message that the server takes, in bytes.
  package var maxPayload: Int { Int(natsConnection_GetMaxPayload(handle)) }

  private static let flushTimeout: Duration = .milliseconds(500)

  /// Ends the connection for good, once what was handed to it is out, or after half a second. Whoever waits for an answer
  /// gets `nats.closed`.
  package func close() {
    requests.close()
    if isConnected { natsConnection_FlushTimeout(handle, Self.flushTimeout.milliseconds) }
    natsConnection_Close(handle)
  }

  /// Hands a message to the connection; it is on its way when this returns, not more.
  package func publish(_ message: NATSOutgoing, reply: String? = nil) throws(RopewalkError) {
    try Self.publish(message, reply: reply, handle).check("cannot publish to \(message.subject)")
  }

  static func publish(_ message: NATSOutgoing, reply: String?, _ connection: OpaquePointer) -> natsStatus {
    message.payload.withUnsafeBytes { bytes in
      let data = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      if message.headers.isEmpty {
        guard let reply else { return natsConnection_Publish(connection, message.subject, data, CInt(bytes.count)) }
        return natsConnection_PublishRequest(connection, message.subject, reply, data, CInt(bytes.count))
      }
      var prepared: OpaquePointer?
      var status = natsMsg_Create(&prepared, message.subject, reply, data, CInt(bytes.count))
      defer { natsMsg_Destroy(prepared) }
      for header in message.headers where status == NATS_OK { status = natsMsgHeader_Set(prepared, header.name, header.value) }
      return status == NATS_OK ? natsConnection_PublishMsg(connection, prepared) : status
    }
  }

  /// Sends a request and returns what `read` makes of its answer. While no server is connected it waits for one, and is sent then.
  /// - Throws: `nats.timeout` when no answer comes in time; `nats.disconnected` as soon as the connection is lost on which it was to
  ///   come: what was asked for may have been done, or be done yet; `nats.closed`; and what `read` throws.
  func request<Answer: Sendable>(
    _ message: NATSOutgoing,
    timeout: Duration? = nil,
    _ read: @escaping @Sendable (borrowing NATSMessage) throws -> Answer
  ) async throws -> Answer {
    try await requests.request(message, timeout: timeout ?? options.limits.requestTimeout, read)
  }

  func subscribe(_ subject: String, handler: @escaping NATSSubscription.Handler) throws(RopewalkError) -> NATSSubscription {
    try NATSSubscription(handle, subject: subject, handler: handler)
  }

  /// A subject for answers that nobody else has.
  static func makeInbox() -> String {
    var inbox: UnsafeMutablePointer<natsInbox>?
    guard natsInbox_Create(&inbox) == NATS_OK, let inbox else { return "_INBOX.\(MessageID.next())" }
    defer { natsInbox_Destroy(inbox) }
    return String(cString: inbox)
  }
}

/// A message to be published.
package struct NATSOutgoing: Sendable {
  package typealias Header = (name: String, value: String)

  package var subject: String
  /// Values without line breaks.
  package var headers: [Header]
  package var payload: [UInt8]

  package init(_ subject: String, headers: [Header] = [], payload: [UInt8] = []) {
    self.subject = subject
    self.headers = headers
    self.payload = payload
  }
}
