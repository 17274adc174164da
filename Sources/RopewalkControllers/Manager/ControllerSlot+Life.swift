package import RopewalkCore
import RopewalkResources
import Synchronization

extension ErrorCode {
  /// Somebody else starts, stops or replaces the controller just now.
  package static let controllerBusy = ErrorCode("controller.busy", .conflict)
}

/// Stopping, starting and replacing.
extension ControllerSlot {
  /// Lets one caller at a time change the controller.
  func changing<Result>(_ body: () async throws -> Result) async throws -> Result {
    let isFree = state.withLock { state in
      defer { state.isChanging = true }
      return !state.isChanging
    }
    guard isFree else { throw RopewalkError(.controllerBusy, "the controller \(name) is being changed just now; try again") }
    defer { state.withLock { $0.isChanging = false } }
    return try await body()
  }

  /// Reconciles nothing until ``start()``; what happens meanwhile waits.
  func stop(within timeout: Duration) async {
    let wasStopped = state.withLock { state in
      defer { state.isStopped = true }
      return state.isStopped
    }
    guard !wasStopped else { return }
    await suspendQueue(within: timeout)
    await reconciler.stop()
  }

  /// - Throws: what the reconciler throws; it is stopped then.
  func start() async throws {
    guard state.withLock(\.isStopped) else { return }
    try await reconciler.start()
    state.withLock { $0.isStopped = false }
    queue.resume()
  }

  /// Puts another reconciler in the place of this one, with the number of workers and the resync period that there are. The old one finishes what it is at; what waits, and everything
  /// else once more, goes to the new one.
  /// - Parameter subscribe: listens for the new one; returns what it listens with.
  /// - Returns: what the old one listened with.
  /// - Throws: what the new one's `start` throws; the old one goes on then.
  func swap(
    to replacement: any Reconciler,
    _ options: ControllerOptions,
    within timeout: Duration,
    subscribe: () -> [(informer: Informer, id: Int)]
  ) async throws -> [Informer] {
    try await replacement.start()
    let added = subscribe()
    await suspendQueue(within: timeout)
    let (old, removed, wasStopped) = state.withLock { state in
      let old = (state.reconciler, state.subscriptions, state.isStopped)
      state.reconciler = replacement
      state.options = options
      state.subscriptions = added
      state.metrics.swaps += 1
      state.lastFailure = nil
      state.isStopped = false
      return old
    }
    for (informer, id) in removed { informer.leave(id) }
    enqueueAll()
    queue.resume()
    if !wasStopped { await old.stop() }
    return removed.map(\.informer)
  }

  /// Waits for what is being reconciled; what takes longer than the timeout is left to itself.
  private func suspendQueue(within timeout: Duration) async {
    await withTaskGroup { [queue, stopwatch] group in
      group.addTask { await queue.suspend() }
      group.addTask { try? await stopwatch.sleepAside(for: timeout) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Hears of nothing any more.
  func unsubscribe() -> [Informer] {
    let subscriptions = state.withLock { state in
      defer { state.subscriptions = [] }
      return state.subscriptions
    }
    for (informer, id) in subscriptions { informer.leave(id) }
    return subscriptions.map(\.informer)
  }

  func report() async -> ControllerReport {
    let (reconciler, options, metrics, lastFailure, phase, informers) = state.withLock { state in
      let phase: ControllerReport.Phase = state.isChanging ? .changing : state.isStopped ? .stopped : .running
      return (
        state.reconciler, state.options, state.metrics, state.lastFailure?.text, phase, state.subscriptions.map(\.informer)
      )
    }
    let load = queue.load
    return ControllerReport(
      name: name,
      kinds: reconciler.kinds,
      phase: phase,
      metrics: metrics,
      ready: load.ready,
      working: load.working,
      delayed: load.delayed,
      own: await reconciler.metrics(),
      health: await health(of: reconciler, options, load, informers),
      lastFailure: lastFailure
    )
  }

  private func health(
    of reconciler: any Reconciler,
    _ options: ControllerOptions,
    _ load: KeyedQueue<ResourceKey>.Load,
    _ informers: [Informer]
  ) async -> ReconcilerHealth {
    if let longest = load.longest, longest > options.stuckAfter {
      return .unhealthy(reason: "a reconciliation has been going on for \(longest.shortText)")
    }
    for informer in informers {
      if let trouble = informer.trouble {
        return .unhealthy(reason: "\(informer.collection.plural) cannot be watched: \(trouble)")
      }
    }
    return await reconciler.health()
  }
}
