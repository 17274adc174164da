import RopewalkCore
import RopewalkResources
import Synchronization

/// A reconciler that does what its closure says, and remembers how it was called.
final class TestReconciler: Reconciler {
  struct Calls {
    var requests: [ReconcileRequest] = []
    var atOnce: [ResourceKey: Int] = [:]
    var mostAtOnce = 0
    var wasTwiceAtOnce = false
    var starts = 0
    var stops = 0
    var configuration = JSONObject()
  }

  let name: String
  let kinds: [ResourceCollection]
  private let body: @Sendable (ReconcileRequest) async throws -> ReconcileResult
  private let state = Mutex(Calls())
  private let failsToStart: Bool

  init(
    _ name: String = "test",
    kinds: [ResourceCollection] = [.customers],
    failsToStart: Bool = false,
    _ body: @escaping @Sendable (ReconcileRequest) async throws -> ReconcileResult = { _ in .done }
  ) {
    self.name = name
    self.kinds = kinds
    self.failsToStart = failsToStart
    self.body = body
  }

  var calls: Calls { state.withLock { $0 } }
  var names: [String] { calls.requests.map(\.key.name) }

  var configuration: JSONObject { calls.configuration }

  func configure(_ configuration: JSONObject) async throws {
    guard configuration["wrong"] == nil else { throw RopewalkError(ErrorCode("test.wrong", .invalid), "wrong") }
    state.withLock { $0.configuration = configuration }
  }

  func start() async throws {
    guard !failsToStart else { throw RopewalkError(ErrorCode("test.start", .fault), "does not start") }
    state.withLock { $0.starts += 1 }
  }

  func stop() async {
    state.withLock { $0.stops += 1 }
  }

  func reconcile(_ request: ReconcileRequest) async throws -> ReconcileResult {
    state.withLock { calls in
      calls.requests.append(request)
      calls.atOnce[request.key, default: 0] += 1
      if calls.atOnce[request.key] != 1 { calls.wasTwiceAtOnce = true }
      calls.mostAtOnce = max(calls.mostAtOnce, calls.atOnce.values.reduce(0, +))
    }
    defer { state.withLock { $0.atOnce[request.key, default: 1] -= 1 } }
    return try await body(request)
  }

  func metrics() async -> [String: Double] { ["calls": Double(calls.requests.count)] }
  func health() async -> ReconcilerHealth { .healthy }
}
