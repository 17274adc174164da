import RopewalkControllers
import RopewalkCore
import RopewalkResources
import RopewalkTesting
import ServiceLifecycle
import Synchronization
import Testing

@Suite struct ManagerFaultTests {
  /// A client whose watches fail as they are told.
  final class FaultyClient: ResourceClient {
    let base: any ResourceClient
    /// What the next watches throw, at once or after so many events.
    private let faults = Mutex<[(error: RopewalkError, after: Int)]>([])
    private let watches = Mutex<[String?]>([])

    init(_ base: any ResourceClient) { self.base = base }

    /// From where watches were asked for.
    var places: [String?] { watches.withLock { $0 } }

    func fail(_ code: ErrorCode, after events: Int = 0) {
      faults.withLock { $0.append((RopewalkError(code, "as the test wants it"), events)) }
    }

    var types: [ResourceType] { base.types }
    func type(apiVersion: String, kind: String) -> ResourceType? { base.type(apiVersion: apiVersion, kind: kind) }
    func type(group: String, version: String, plural: String) -> ResourceType? {
      base.type(group: group, version: version, plural: plural)
    }
    func get(_ key: ResourceKey) async throws -> Resource { try await base.get(key) }
    func list(_ query: ResourceQuery) async throws -> ResourceList { try await base.list(query) }
    func create(_ resource: Resource, options: WriteOptions) async throws -> Resource { try await base.create(resource, options: options) }
    func update(_ resource: Resource, _ part: ResourcePart, options: WriteOptions) async throws -> Resource {
      try await base.update(resource, part, options: options)
    }
    func modify(
      _ key: ResourceKey,
      _ part: ResourcePart,
      options: WriteOptions,
      _ change: @Sendable (inout Resource) throws -> Void
    ) async throws -> Resource { try await base.modify(key, part, options: options, change) }
    func delete(_ key: ResourceKey, options: DeleteOptions) async throws -> Resource { try await base.delete(key, options: options) }

    func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch {
      watches.withLock { $0.append(version) }
      let fault = faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
      if let fault, fault.after == 0 { throw fault.error }
      let watch = try await base.watch(query, after: version)
      guard let fault else { return watch }
      let source = Source(watch, fault.error, after: fault.after)
      return ResourceWatch { try await source.next() }
    }

    /// One reader at a time.
    private final class Source: @unchecked Sendable {
      private var iterator: ResourceWatch.Iterator
      private let error: RopewalkError
      private var left: Int

      init(_ watch: ResourceWatch, _ error: RopewalkError, after events: Int) {
        self.iterator = watch.makeAsyncIterator()
        self.error = error
        self.left = events
      }

      func next() async throws -> ResourceEvent? {
        guard left > 0 else { throw error }
        left -= 1
        return try await iterator.next()
      }
    }
  }

  @Test(arguments: ["store.unavailable", "store.watcherTooSlow", "store.expired"])
  func aWatchThatBreaksMissesNothing(code: String) async throws {
    let faulty = Mutex<FaultyClient?>(nil)
    try await Bench.run(wrapping: { base in
      let client = FaultyClient(base)
      // At the first attempt, in the middle of the listing, right behind it, and later.
      for events in [0, 1, 4, 2, 0] { client.fail(ErrorCode(code, .unavailable), after: events) }
      faulty.withLock { $0 = client }
      return client
    }) { bench in
      for number in 0..<3 { try await bench.create("early-\(number)") }
      let reconciler = TestReconciler()
      try await bench.manager.register(reconciler)
      for number in 0..<10 { try await bench.create("late-\(number)") }
      _ = try await bench.client.delete(Bench.key("early-0"), options: DeleteOptions())
      let expected = Set((1..<3).map { "early-\($0)" } + (0..<10).map { "late-\($0)" })
      try await eventually(within: .seconds(60)) { expected.isSubset(of: reconciler.names) }
      try await eventually(within: .seconds(60)) {
        bench.manager.cached(Bench.key("early-0")) == nil && bench.manager.cached(Bench.key("late-9")) != nil
      }
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "test").health == .healthy }
      #expect(faulty.withLock { $0?.places.count ?? 0 } >= 6)
    }
  }

  @Test func aStoreThatCannotBeReadMakesItsControllersUnhealthyUntilItCan() async throws {
    try await Bench.run(wrapping: { base in
      let client = FaultyClient(base)
      for _ in 0..<4 { client.fail(ErrorCode("store.unavailable", .unavailable)) }
      return client
    }) { bench in
      let reconciler = TestReconciler()
      try await bench.manager.register(reconciler)
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "test").health != .healthy }
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { reconciler.names == ["one"] }
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "test").health == .healthy }
    }
  }

  @Test func aControllerThatWritesWhatItWatchesIsFoundSlowedAndSaid() async throws {
    try await Bench.run { bench in
      let client = bench.manager.client
      let count = Mutex(0)
      let restless = TestReconciler("restless") { request in
        let next = count.withLock { count in
          count += 1
          return count
        }
        _ = try await client.modify(request.key, .status, options: WriteOptions()) { object in
          var status = object.status?.object ?? JSONObject()
          status["messages"] = ["accepted": .number(JSONNumber(next))]
          object.status = .object(status)
        }
        return .done
      }
      let calm = TestReconciler("calm")
      try await bench.manager.register(restless)
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "restless").metrics.loops == 1 }
      try await eventually(within: .seconds(60)) {
        let object = try await bench.client.get(Bench.key("one"))
        return object.status?["conditions"]?.array?.contains { $0["type"] == "ReconcileLoop" && $0["status"] == "True" } == true
      }
      try await eventually(within: .seconds(60)) {
        let events = try await bench.client.list(ResourceQuery(.events, namespace: "default")).items
        return events.contains { $0.fields["reason"] == "ReconcileLoop" }
      }
      // Slowed: at full speed there would be thousands.
      #expect(count.withLock { $0 } < 100)
      try await bench.manager.register(calm)
      try await eventually(within: .seconds(60)) { calm.names.contains("one") }
    }
  }

  @Test func gracefulShutdownLetsWhatIsReadyBeReconciled() async throws {
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    let manager = ControllerManager(client: registry, logger: Bench.logger)
    let bench = Bench(client: registry, manager: manager)
    let (entered, release) = (Gate(), Gate())
    let reconciler = TestReconciler { _ in
      entered.open()
      await release.wait()
      return .done
    }
    try await manager.register(reconciler)
    for name in ["a", "b", "c"] { try await bench.create(name) }
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [.init(service: manager)], logger: Bench.logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      await entered.wait()
      try await eventually(within: .seconds(60)) { try await manager.report(of: "test").ready == 2 }
      await group.triggerGracefulShutdown()
      release.open()
      try await tasks.waitForAll()
    }
    #expect(reconciler.names.sorted() == ["a", "b", "c"])
    #expect(reconciler.calls.stops == 1)
    await #expect(throws: RopewalkError.self) { try await manager.register(TestReconciler("late")) }
  }

  @Test func aShutdownDoesNotWaitForEver() async throws {
    var limits = ManagerLimits()
    limits.drainTimeout = .milliseconds(50)
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    let manager = ControllerManager(client: registry, limits: limits, logger: Bench.logger)
    let entered = Gate()
    try await manager.register(
      TestReconciler { _ in
        entered.open()
        try await Task.sleep(for: .seconds(3600))
        return .done
      }
    )
    try await Bench(client: registry, manager: manager).create("one")
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [.init(service: manager)], logger: Bench.logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      await entered.wait()
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }
}
