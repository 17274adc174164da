package import Logging
package import RopewalkCore
package import RopewalkResources
import ServiceLifecycle
import Synchronization

extension ErrorCode {
  package static let controllerUnknown = ErrorCode("controller.unknown", .notFound)
  package static let controllerLimit = ErrorCode("controller.limit", .overloaded)
  package static let controllersEnded = ErrorCode("controller.ended", .unavailable)
}

/// Runs controllers: watches what they want to hear of, and has them reconcile one object after another.
///
/// Controllers come and go while it runs. What one does wrong stays with it: a failure is tried again with growing waits, and
/// the others go on. Controllers read and write through ``client``, so that one that reacts to itself is found out.
package final class ControllerManager: Service {
  struct State {
    var slots: [String: ControllerSlot] = [:]
    var informers: [ResourceCollection: SharedInformer] = [:]
    var isEnded = false
  }

  struct SharedInformer {
    let informer: Informer
    var users = 0
  }

  typealias Job = @Sendable () async -> Void

  /// What controllers read and write with.
  package var client: any ResourceClient { noting }

  let noting: ControllerClient
  private let limits: ManagerLimits
  let logger: Logger
  let stopwatch: Stopwatch
  let state = Mutex(State())
  private let jobs: AsyncStream<Job>
  let newJobs: AsyncStream<Job>.Continuation

  /// - Parameter clock: for every wait.
  package init(
    client: any ResourceClient,
    limits: ManagerLimits = ManagerLimits(),
    clock: any Clock<Duration> = ContinuousClock(),
    logger: Logger
  ) {
    self.noting = ControllerClient(base: client, log: WriteLog())
    self.limits = limits
    self.logger = logger
    self.stopwatch = Stopwatch(clock)
    // As many as there are controllers and kinds, no more.
    (jobs, newJobs) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  /// Runs the controllers until graceful shutdown, which lets what is ready be reconciled for at most
  /// `limits.drainTimeout`, or cancellation, which ends what is being reconciled. A manager can be run once.
  package func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await withTaskGroup { group in
        group.addTask { await self.work() }
        group.addTask { await self.endInTime() }
        await group.next()
        group.cancelAll()
      }
    } onCancelOrGracefulShutdown: {
      self.end()
    }
    for slot in allSlots where !slot.state.withLock(\.isStopped) { await slot.reconciler.stop() }
    try Task.checkCancellation()
  }

  private let ending = Gate()

  private func work() async {
    await withTaskCancellationHandler {
      await withDiscardingTaskGroup { group in
        for await job in jobs { group.addTask { await job() } }
      }
    } onCancel: {
      for slot in allSlots { slot.queue.abort() }
      for informer in allInformers { informer.stop() }
    }
  }

  private func end() {
    state.withLock { $0.isEnded = true }
    newJobs.finish()
    for informer in allInformers { informer.stop() }
    for slot in allSlots { slot.queue.shutDown() }
    ending.open()
  }

  /// Returns when the end has taken too long.
  private func endInTime() async {
    await ending.wait()
    try? await stopwatch.sleepAside(for: limits.drainTimeout)
  }

  /// Adds a controller, or puts it in the place of the one of the same name: that one finishes what it is at, and this one
  /// gets everything that waits.
  /// - Throws: what its `start` throws, with nothing changed; `controller.limit`.
  package func register(_ reconciler: any Reconciler, options: ControllerOptions = ControllerOptions()) async throws {
    if let slot = try existingSlot(reconciler.name) {
      try await slot.changing {
        let unused = try await slot.swap(to: reconciler, options, within: limits.drainTimeout) {
          subscribe(slot, reconciler, options)
        }
        release(unused)
      }
      return
    }
    try await reconciler.start()
    let slot = ControllerSlot(reconciler, options: options, client: noting, stopwatch: stopwatch, logger: logger)
    // Others see it from its first moment, and are not to take it away or replace it before it listens.
    try await slot.changing {
      let isNew = state.withLock { state in
        guard !state.isEnded, state.slots[slot.name] == nil else { return false }
        state.slots[slot.name] = slot
        return true
      }
      guard isNew else {
        await reconciler.stop()
        throw RopewalkError(
          .controllerBusy,
          "a controller \(slot.name) was registered at the same time, or the manager has ended; try again"
        )
      }
      let subscriptions = subscribe(slot, reconciler, options)
      slot.state.withLock { $0.subscriptions = subscriptions }
      newJobs.yield { await slot.run() }
    }
  }

  /// Takes a controller away. What it is at is finished, what waits is not.
  package func remove(_ name: String) async throws {
    let slot = try slot(name)
    try await slot.changing {
      release(slot.unsubscribe())
      await slot.stop(within: limits.drainTimeout)
      slot.queue.abort()
      state.withLock { _ = $0.slots.removeValue(forKey: name) }
    }
  }

  /// Reconciles nothing until ``start(_:)``. What happens meanwhile waits.
  package func stop(_ name: String) async throws {
    let slot = try slot(name)
    try await slot.changing { await slot.stop(within: limits.drainTimeout) }
  }

  package func start(_ name: String) async throws {
    let slot = try slot(name)
    try await slot.changing { try await slot.start() }
  }

  /// Has an object reconciled although nothing happened to it.
  /// - Parameter key: nil for every object of the controller's kinds.
  package func trigger(_ name: String, _ key: ResourceKey? = nil) throws {
    let slot = try slot(name)
    if let key { slot.queue.add(key) } else { slot.enqueueAll() }
  }

  package func configuration(of name: String) async throws -> JSONObject {
    await (try slot(name)).reconciler.configuration
  }

  /// Configures a controller and has everything reconciled with it.
  /// - Throws: what the controller says is wrong; the configuration before stays.
  package func configure(_ name: String, _ configuration: JSONObject) async throws {
    let slot = try slot(name)
    try await slot.reconciler.configure(configuration)
    slot.enqueueAll()
  }

  /// The figures of each controller, in the order of their names; asks none of them.
  package var loads: [ControllerLoad] {
    allSlots.sorted { $0.name < $1.name }.map { slot in
      let load = slot.queue.load
      let metrics = slot.state.withLock(\.metrics)
      return ControllerLoad(name: slot.name, metrics: metrics, ready: load.ready, working: load.working, delayed: load.delayed)
    }
  }

  /// What each controller does, in the order of their names.
  package func reports() async -> [ControllerReport] {
    var reports: [ControllerReport] = []
    for slot in allSlots.sorted(by: { $0.name < $1.name }) { reports.append(await slot.report()) }
    return reports
  }

  package func report(of name: String) async throws -> ControllerReport {
    await (try slot(name)).report()
  }

  /// An object as the watch of its kind last told of it: may be behind, and costs nothing. Nil when no controller watches
  /// its kind, and when there is no such object.
  package func cached(_ key: ResourceKey) -> Resource? {
    state.withLock { $0.informers[key.collection] }?.informer.object(key)
  }

  private var allSlots: [ControllerSlot] { state.withLock { Array($0.slots.values) } }
  private var allInformers: [Informer] { state.withLock { $0.informers.values.map(\.informer) } }

  private func slot(_ name: String) throws -> ControllerSlot {
    guard let slot = state.withLock({ $0.slots[name] }) else {
      throw RopewalkError(.controllerUnknown, "there is no controller \(name)")
    }
    return slot
  }

  /// The slot of that name; nil when there is none and there is room for one.
  private func existingSlot(_ name: String) throws -> ControllerSlot? {
    try state.withLock { state in
      guard !state.isEnded else { throw RopewalkError(.controllersEnded, "the controllers have ended; \(name) is not registered") }
      if let slot = state.slots[name] { return slot }
      guard state.slots.count < limits.maxControllers else {
        throw RopewalkError(.controllerLimit, "there are \(limits.maxControllers) controllers already (ManagerLimits.maxControllers)")
      }
      return nil
    }
  }
}
