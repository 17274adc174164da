import RopewalkControllers
import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

/// Changes of one controller at the same time.
@Suite struct ManagerRaceTests {
  @Test(arguments: [true, false])
  func aNewControllerIsNeitherTakenAwayNorReplacedBeforeItListens(isTakenAway: Bool) async throws {
    try await Bench.run { bench in
      let manager = bench.manager
      try await manager.register(TestReconciler("first"))
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { manager.cached(Bench.key("one")) != nil }
      let change = Mutex<Task<Void, any Error>?>(nil)
      var options = ControllerOptions()
      options.filter = EventFilter { _ in
        // It is told of what is known while it begins to listen; the change runs right here, up to its first wait.
        let task: Task<Void, any Error> = Task.immediate {
          if isTakenAway {
            try await manager.remove("second")
          } else {
            try await manager.register(TestReconciler("second"))
          }
        }
        change.withLock { $0 = task }
        return true
      }
      let second = TestReconciler("second")
      try await manager.register(second, options: options)
      let attempt = try #require(change.withLock { $0 })
      let error = await #expect(throws: RopewalkError.self) { try await attempt.value }
      #expect(error?.code == .controllerBusy)
      try await eventually(within: .seconds(60)) { second.names == ["one"] }
      for name in ["first", "second"] { try await manager.remove(name) }
      #expect(manager.cached(Bench.key("one")) == nil, "nobody listens any more")
    }
  }
}
