import Logging
import RopewalkCore
import RopewalkResources
import Synchronization

/// A controller's place in the manager: its queue, which outlives the reconciler that works on it.
///
/// So a reconciler can be replaced without missing anything: what happens meanwhile waits in the queue.
final class ControllerSlot: Sendable {
  struct State {
    var reconciler: any Reconciler
    var options: ControllerOptions
    var subscriptions: [(informer: Informer, id: Int)] = []
    var metrics = ControllerMetrics()
    /// The version of the object that asked for each round that waits.
    var triggers: [ResourceKey: String] = [:]
    var loops = LoopDetector()
    var lastFailure: (key: ResourceKey, text: String)?
    var isStopped = false
    var isChanging = false
  }

  /// Reconciliations after which a worker lets others have the processor.
  private static let turn = 64

  let name: String
  let queue: KeyedQueue<ResourceKey>
  let logger: Logger
  let client: ControllerClient
  let stopwatch: Stopwatch
  let events: ControllerEvents
  let state: Mutex<State>

  init(
    _ reconciler: any Reconciler,
    options: ControllerOptions,
    client: ControllerClient,
    stopwatch: Stopwatch,
    logger: Logger
  ) {
    var logger = logger
    logger[metadataKey: "ropewalk.controller"] = "\(reconciler.name)"
    self.name = reconciler.name
    self.queue = KeyedQueue(limits: options.queue, stopwatch: stopwatch)
    self.logger = logger
    self.client = client
    self.stopwatch = stopwatch
    self.events = ControllerEvents(client: client, controller: reconciler.name, stopwatch: stopwatch, logger: logger)
    self.state = Mutex(State(reconciler: reconciler, options: options))
  }

  var reconciler: any Reconciler { state.withLock(\.reconciler) }

  /// Works until the queue has ended.
  func run() async {
    let options = state.withLock(\.options)
    await withDiscardingTaskGroup { group in
      group.addTask { await self.queue.keepTime() }
      if let period = options.resyncPeriod { group.addTask { await self.resync(every: period) } }
      await withDiscardingTaskGroup { workers in
        for _ in 0..<max(1, options.maxConcurrentReconciles) { workers.addTask { await self.work() } }
      }
      group.cancelAll()
    }
  }

  /// Every known object of the controller's kinds is to be looked at.
  func enqueueAll() {
    let informers = state.withLock { state in
      state.subscriptions.map(\.informer).filter { state.reconciler.kinds.contains($0.collection) }
    }
    for informer in informers {
      for key in informer.keys { queue.add(key) }
    }
  }

  private func resync(every period: Duration) async {
    while true {
      do { try await stopwatch.sleepAside(for: period) } catch { return }
      enqueueAll()
    }
  }

  private func work() async {
    var rounds = 0
    while let key = await queue.next() {
      queue.finish(key, await reconcile(key))
      rounds += 1
      if rounds % Self.turn == 0 { await Task.yield() }
    }
  }

  private func reconcile(_ key: ResourceKey) async -> KeyedQueue<ResourceKey>.Outcome {
    let start = stopwatch.elapsed
    let (reconciler, verdict) = state.withLock { state in (state.reconciler, judge(key, &state, at: start)) }
    if verdict != .fine { await tell(verdict, about: key) }
    let result: Result<ReconcileResult, any Error>
    do {
      result = .success(try await reconciler.reconcile(ReconcileRequest(key)))
    } catch {
      result = .failure(error)
    }
    let duration = stopwatch.elapsed - start
    state.withLock { $0.record(key, result, duration) }
    switch result {
    case .success(.done): return .done
    case .success(.again): return .failed
    case .success(.after(let wait)): return .after(wait)
    case .failure(let error):
      if error is CancellationError, Task.isCancelled { return .done }
      logger.warning(
        "A reconciliation failed and is tried again later",
        metadata: ["ropewalk.object": "\(key)", "ropewalk.failures": "\(queue.failures(of: key) + 1)", "error": "\(error)"]
      )
      return .failed
    }
  }
}

extension ControllerSlot.State {
  fileprivate mutating func record(_ key: ResourceKey, _ result: Result<ReconcileResult, any Error>, _ duration: Duration) {
    metrics.reconciles += 1
    metrics.time += duration
    metrics.longest = max(metrics.longest, duration)
    switch result {
    case .success(let result):
      if result != .done { metrics.requeues += 1 }
      if lastFailure?.key == key { lastFailure = nil }
    case .failure(let error):
      metrics.failures += 1
      lastFailure = (key, "\(key): \(error)")
    }
  }
}
