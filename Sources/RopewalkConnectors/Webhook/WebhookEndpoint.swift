import NIOCore
import RopewalkConnector
import RopewalkCore
import Synchronization

/// One integration's place on a listener: the rules of its requests, and the way to its inbox.
final class WebhookEndpoint: Sendable {
  private struct State {
    var isReceiving = false
    var isDraining = false
    var requests = 0
    var drained: OneShot<Void>?
  }

  let path: EndpointPath
  let methods: [String]
  let maxBodySize: ByteCount
  let idempotencyHeaders: [String]
  let signature: SignatureVerifier?
  /// The connector's name in the integration.
  let source: String

  private let lanes: AsyncStream<WebhookLane>
  private let newLanes: AsyncStream<WebhookLane>.Continuation
  private let state = Mutex(State())

  init(_ settings: WebhookSettings, source: String) {
    path = settings.endpoint
    methods = settings.methods
    maxBodySize = settings.maxBodySize
    idempotencyHeaders = settings.idempotencyHeaders
    signature = settings.signature?.verifier
    self.source = source
    // As many lanes as the listener has connections, no more.
    (lanes, newLanes) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  /// Takes messages until ``finish()`` or cancellation; then the requests that are being taken are finished.
  func receive(into inbox: Inbox) async throws(ConnectionError) {
    let isFirst = state.withLock { state in
      defer { state.isReceiving = true }
      return !state.isReceiving
    }
    guard isFirst else { throw ConnectionError(.receiveFailed, "the connector 'http-webhook' is receiving already") }
    await withDiscardingTaskGroup { group in
      for await lane in lanes {
        group.addTask(executorPreference: lane.executor) { await lane.run(into: inbox) }
      }
      state.withLock { $0.isDraining = true }
      group.cancelAll()
    }
  }

  /// Whether requests become messages now.
  var isReceiving: Bool { state.withLock { $0.isReceiving && !$0.isDraining } }

  /// Counts a request in. False when no messages are taken now.
  func beginRequest() -> Bool {
    state.withLock { state in
      guard state.isReceiving, !state.isDraining else { return false }
      state.requests += 1
      return true
    }
  }

  /// Counts a request out: it was answered, or its connection is gone.
  func endRequest() {
    let drained = state.withLock { state in
      state.requests -= 1
      return state.requests == 0 ? state.drained : nil
    }
    drained?.fulfil(())
  }

  func open(_ lane: WebhookLane) {
    if case .terminated = newLanes.yield(lane) { lane.finish() }
  }

  /// Takes no new requests, and waits until those under way are answered or the time is over.
  func drain(within limit: TimeAmount, on eventLoop: any EventLoop) async {
    let drained = OneShot<Void>()
    let isBusy = state.withLock { state in
      state.isDraining = true
      state.drained = drained
      return state.requests > 0
    }
    guard isBusy else { return }
    let timer = eventLoop.scheduleTask(in: limit) { _ = drained.fulfil(()) }
    await drained.wait()
    timer.cancel()
  }

  /// Ends ``receive(into:)``.
  func finish() {
    newLanes.finish()
  }
}
