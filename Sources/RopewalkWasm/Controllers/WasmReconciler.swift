package import RopewalkCore
package import RopewalkResources
import Synchronization

/// A controller in WASM as the controllers' manager runs it.
package final class WasmReconciler: Reconciler {
  private struct State {
    var configuration: JSONObject
    var freeLanes: [Int]
    var breaker = ControllerBreaker()
    var calls = 0
    var failures = 0
    var time: Duration = .zero
  }

  package let name: String
  package let kinds: [ResourceCollection]
  private let references: [ResourceCollection: KindReference]
  private let namespaces: Set<String>?
  private let controller: WasmController
  private let stopwatch: Stopwatch
  private let lanes: Int
  private let isReconciling: Bool
  /// Told why the controller begins to rest, and nil when it works again.
  private let onBreaker: @Sendable (_ reason: String?) -> Void
  private let state: Mutex<State>

  /// - Parameters:
  ///   - kinds: what it reconciles, as its code names it.
  ///   - namespaces: where; nil for everywhere. Objects without a namespace are in none.
  ///   - lanes: objects reconciled at once; the manager asks for no more.
  ///   - isReconciling: whether it has the capability; without it nothing is reconciled.
  package init(
    _ controller: WasmController,
    kinds: [ResourceCollection: KindReference],
    namespaces: [String]? = nil,
    configuration: JSONObject,
    lanes: Int,
    isReconciling: Bool,
    stopwatch: Stopwatch = Stopwatch(),
    onBreaker: @escaping @Sendable (_ reason: String?) -> Void = { _ in }
  ) {
    self.name = controller.name
    self.kinds = isReconciling ? kinds.keys.sorted { ($0.group, $0.plural) < ($1.group, $1.plural) } : []
    self.references = kinds
    self.namespaces = namespaces.map(Set.init)
    self.controller = controller
    self.stopwatch = stopwatch
    self.lanes = lanes
    self.isReconciling = isReconciling
    self.onBreaker = onBreaker
    self.state = Mutex(State(configuration: configuration, freeLanes: Array((0..<lanes).reversed())))
  }

  package var configuration: JSONObject { get async { state.withLock(\.configuration) } }

  /// Sets every instance up anew, with these settings.
  /// - Throws: what `initialize` says is wrong with them; those before stay.
  package func configure(_ configuration: JSONObject) async throws {
    let before = state.withLock(\.configuration)
    controller.setSettings(configuration)
    do {
      try await start()
    } catch {
      controller.setSettings(before)
      throw error
    }
    state.withLock { $0.configuration = configuration }
  }

  /// Initialises an instance, to see that it can be done.
  package func start() async throws {
    _ = try await controller.call(.initialize, [:], in: .reconciling(0))
  }

  package func stop() async {
    for lane in 0..<lanes { _ = try? await controller.call(.shutdown, [:], in: .reconciling(lane), onlyIfLive: true) }
    controller.shutdown()
  }

  package func reconcile(_ request: ReconcileRequest) async throws -> ReconcileResult {
    guard let kind = references[request.key.collection] else { return .done }
    guard request.key.namespace.isEmpty || namespaces?.contains(request.key.namespace) ?? true else { return .done }
    if let rest = state.withLock({ $0.breaker.admit(at: stopwatch.elapsed) }) { return .after(rest) }
    let lane = state.withLock { $0.freeLanes.popLast() ?? 0 }
    defer { state.withLock { $0.freeLanes.append(lane) } }
    let start = stopwatch.elapsed
    let input: JSON = [
      "apiVersion": .string(kind.apiVersion),
      "kind": .string(kind.kind),
      "namespace": .string(request.key.namespace),
      "name": .string(request.key.name),
    ]
    do {
      let answer = try await controller.call(.reconcile, input, in: .reconciling(lane))
      let result = try Self.result(answer)
      note(nil, since: start)
      return result
    } catch {
      if !Task.isCancelled { note("\(error)", since: start) }
      throw error
    }
  }

  private func note(_ failure: String?, since start: Duration) {
    let now = stopwatch.elapsed
    let (isChanged, reason) = state.withLock { state in
      let wasOpen = state.breaker.isOpen
      state.calls += 1
      state.time += now - start
      if let failure {
        state.failures += 1
        state.breaker.failed(failure, at: now)
      } else {
        state.breaker.succeeded()
      }
      return (state.breaker.isOpen != wasOpen, state.breaker.reason)
    }
    if isChanged { onBreaker(reason) }
  }

  /// `{"requeue": true}`, `{"requeueAfter": "5m"}`, or nothing.
  private static func result(_ answer: JSON?) throws(RopewalkError) -> ReconcileResult {
    guard let answer else { return .done }
    guard case .object = answer else {
      throw RopewalkError(.controllerRejected, "'reconcile' answered \(answer.typeName) where a map or nothing should be")
    }
    switch answer["requeueAfter"] {
    case .string(let text)?:
      guard let duration = Duration(parsing: text), duration > .zero else {
        throw RopewalkError(.controllerRejected, "'reconcile' answered requeueAfter '\(text)', which is no duration such as 5m")
      }
      return .after(duration)
    case .number(let seconds)?:
      guard let seconds = seconds.double, seconds > 0, seconds < 1e9 else {
        throw RopewalkError(.controllerRejected, "'reconcile' answered requeueAfter \(seconds), which is no number of seconds")
      }
      return .after(.seconds(seconds))
    default: return answer["requeue"]?.bool == true ? .again : .done
    }
  }

  package func metrics() async -> [String: Double] {
    state.withLock { state in
      ["calls": Double(state.calls), "failures": Double(state.failures), "seconds": state.time / .seconds(1)]
    }
  }

  package func health() async -> ReconcilerHealth {
    state.withLock { state in
      state.breaker.isOpen ? .unhealthy(reason: "it rests after failing again and again: \(state.breaker.reason ?? "")") : .healthy
    }
  }
}
