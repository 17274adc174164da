import RopewalkControllers
import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@Suite struct ControllerManagerTests {
  @Test func reconcilesWhatIsThereWhatComesAndWhatGoes() async throws {
    try await Bench.run { bench in
      try await bench.create("before")
      let reconciler = TestReconciler()
      try await bench.manager.register(reconciler)
      try await eventually(within: .seconds(60)) { reconciler.names.contains("before") }
      try await bench.create("after")
      try await eventually(within: .seconds(60)) { reconciler.names.contains("after") }
      let count = reconciler.names.count
      _ = try await bench.client.delete(Bench.key("after"), options: DeleteOptions())
      try await eventually(within: .seconds(60)) { reconciler.names.count > count }
      #expect(reconciler.names.last == "after")
      #expect(reconciler.calls.starts == 1)
    }
  }

  @Test func aFailureIsTriedAgainAndStaysWithItsController() async throws {
    try await Bench.run { bench in
      let failures = Mutex(0)
      let broken = TestReconciler("broken") { _ in
        let count = failures.withLock { failures in
          failures += 1
          return failures
        }
        guard count > 3 else { throw RopewalkError(ErrorCode("test.failed", .fault), "not yet") }
        return .done
      }
      let healthy = TestReconciler("healthy")
      try await bench.manager.register(broken)
      try await bench.manager.register(healthy)
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { broken.calls.requests.count == 4 }
      try await eventually(within: .seconds(60)) { healthy.names == ["one"] }
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "broken").metrics.reconciles == 4 }
      let report = try await bench.manager.report(of: "broken")
      #expect(report.metrics.failures == 3)
      #expect(report.lastFailure == nil)
      #expect(report.own == ["calls": 4])
    }
  }

  @Test func aControllerThatWantsToBeAskedAgainIs() async throws {
    try await Bench.run { bench in
      let rounds = Mutex(0)
      let reconciler = TestReconciler { _ in
        rounds.withLock { rounds in
          rounds += 1
          return rounds == 1 ? .again : rounds == 2 ? .after(.milliseconds(10)) : .done
        }
      }
      try await bench.manager.register(reconciler)
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "test").metrics.reconciles == 3 }
      #expect(try await bench.manager.report(of: "test").metrics.requeues == 2)
    }
  }

  @Test func filtersKeepChangesAway() async throws {
    try await Bench.run { bench in
      var options = ControllerOptions()
      options.filter = .generationChanged && .labels(LabelSelector([.equals("team", "billing")]))
      let reconciler = TestReconciler()
      try await bench.manager.register(reconciler, options: options)
      try await bench.create("other")
      try await bench.create("mine", labels: ["team": "billing"])
      try await eventually(within: .seconds(60)) { reconciler.names == ["mine"] }
      for count in 1...5 { try await bench.setStatus("mine", count) }
      try await bench.rename("mine", to: "Mine")
      try await eventually(within: .seconds(60)) { reconciler.names.count == 2 }
      // What came before the change of the name has been heard, and was not reconciled.
      try await bench.create("last", labels: ["team": "billing"])
      try await eventually(within: .seconds(60)) { reconciler.names.last == "last" }
      #expect(reconciler.names == ["mine", "mine", "last"])
    }
  }

  @Test func aChangeOfWhatAnObjectOwnsIsAChangeOfIt() async throws {
    try await Bench.run { bench in
      var options = ControllerOptions()
      options.owns = [.secrets]
      options.filter = .generationChanged
      let reconciler = TestReconciler()
      try await bench.manager.register(reconciler, options: options)
      let owner = try await bench.create("owner")
      try await eventually(within: .seconds(60)) { reconciler.names == ["owner"] }
      let reference = OwnerReference(
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: "owner",
        uid: owner.metadata.uid,
        controller: true
      )
      let metadata = ResourceMetadata(name: "owned", namespace: "default", ownerReferences: [reference])
      _ = try await bench.client.create(Resource(apiVersion: "v1", kind: "Secret", metadata: metadata), options: WriteOptions())
      try await eventually(within: .seconds(60)) { reconciler.names == ["owner", "owner"] }
    }
  }

  @Test func objectsAreReconciledAtOnceButNoneTwice() async throws {
    try await Bench.run { bench in
      var options = ControllerOptions()
      options.maxConcurrentReconciles = 4
      let reconciler = TestReconciler { _ in
        try await Task.sleep(for: .milliseconds(2))
        return .done
      }
      try await bench.manager.register(reconciler, options: options)
      for number in 0..<8 { try await bench.create("c-\(number)") }
      for round in 0..<20 {
        for number in 0..<8 { try await bench.rename("c-\(number)", to: "round \(round)") }
      }
      try await eventually(within: .seconds(60)) {
        let report = try await bench.manager.report(of: "test")
        return Set(reconciler.names).count == 8 && report.ready == 0 && report.working == 0
      }
      #expect(!reconciler.calls.wasTwiceAtOnce)
      #expect(reconciler.calls.mostAtOnce > 1)
      #expect(reconciler.calls.mostAtOnce <= 4)
    }
  }

  @Test func aStoppedControllerMissesNothing() async throws {
    try await Bench.run { bench in
      let reconciler = TestReconciler()
      try await bench.manager.register(reconciler)
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { reconciler.names == ["one"] }
      try await bench.manager.stop("test")
      try await bench.create("two")
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "test").ready == 1 }
      #expect(reconciler.names == ["one"])
      #expect(try await bench.manager.report(of: "test").phase == .stopped)
      try await bench.manager.start("test")
      try await eventually(within: .seconds(60)) { reconciler.names == ["one", "two"] }
      #expect(reconciler.calls.starts == 2)
      #expect(reconciler.calls.stops == 1)
    }
  }

  @Test func canBeToldToReconcileAndToConfigure() async throws {
    try await Bench.run { bench in
      let reconciler = TestReconciler()
      try await bench.manager.register(reconciler)
      for name in ["a", "b"] { try await bench.create(name) }
      try await eventually(within: .seconds(60)) { reconciler.names.sorted() == ["a", "b"] }
      try bench.manager.trigger("test", Bench.key("b"))
      try await eventually(within: .seconds(60)) { reconciler.names.count == 3 }
      #expect(reconciler.names.last == "b")
      try await bench.manager.configure("test", ["depth": 3])
      #expect(try await bench.manager.configuration(of: "test") == ["depth": 3])
      try await eventually(within: .seconds(60)) { reconciler.names.count == 5 }
      await #expect(throws: RopewalkError.self) { try await bench.manager.configure("test", ["wrong": true]) }
      #expect(try await bench.manager.configuration(of: "test") == ["depth": 3])
      await #expect(throws: RopewalkError.self) { try await bench.manager.configure("nobody", [:]) }
    }
  }

  @Test func aReplacementGetsWhatWaitsAndTheOldOneFinishesWhatItIsAt() async throws {
    try await Bench.run { bench in
      let release = Gate()
      let entered = Gate()
      let old = TestReconciler { request in
        if request.key.name == "slow" {
          entered.open()
          await release.wait()
        }
        return .done
      }
      try await bench.manager.register(old)
      try await bench.create("slow")
      await entered.wait()
      for name in ["a", "b"] { try await bench.create(name) }
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "test").ready == 2 }

      let new = TestReconciler()
      async let swap: Void = bench.manager.register(new)
      try await eventually(within: .seconds(60)) { new.calls.starts == 1 }
      // While the old one works nothing is handed to the new one, nor to the old.
      #expect(new.names.isEmpty)
      #expect(old.names == ["slow"])
      try await bench.rename("slow", to: "changed meanwhile")
      release.open()
      try await swap
      try await eventually(within: .seconds(60)) { Set(new.names) == ["slow", "a", "b"] }
      #expect(old.names == ["slow"])
      #expect(old.calls.stops == 1)
      #expect(try await bench.manager.report(of: "test").metrics.swaps == 1)
      try await bench.create("later")
      try await eventually(within: .seconds(60)) { new.names.contains("later") }
    }
  }

  @Test func aReplacementThatDoesNotStartChangesNothing() async throws {
    try await Bench.run { bench in
      let old = TestReconciler()
      try await bench.manager.register(old)
      await #expect(throws: RopewalkError.self) { try await bench.manager.register(TestReconciler(failsToStart: true)) }
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { old.names == ["one"] }
      #expect(old.calls.stops == 0)
    }
  }

  @Test func aRemovedControllerIsNotAskedAnyMore() async throws {
    try await Bench.run { bench in
      let (gone, stays) = (TestReconciler("gone"), TestReconciler("stays"))
      try await bench.manager.register(gone)
      try await bench.manager.register(stays)
      try await bench.manager.remove("gone")
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { stays.names == ["one"] }
      #expect(gone.names.isEmpty)
      #expect(gone.calls.stops == 1)
      #expect(await bench.manager.reports().map(\.name) == ["stays"])
      // The name is free again.
      let again = TestReconciler("gone")
      try await bench.manager.register(again)
      try await eventually(within: .seconds(60)) { again.names == ["one"] }
    }
  }

  @Test func everythingIsLookedAtNowAndThen() async throws {
    try await Bench.run { bench in
      var options = ControllerOptions()
      options.resyncPeriod = .milliseconds(20)
      let reconciler = TestReconciler()
      try await bench.manager.register(reconciler, options: options)
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { reconciler.names.count > 3 }
    }
  }

  @Test func aReconciliationThatDoesNotEndMakesItsControllerUnhealthy() async throws {
    try await Bench.run { bench in
      var options = ControllerOptions()
      options.stuckAfter = .milliseconds(10)
      let release = Gate()
      try await bench.manager.register(
        TestReconciler { _ in
          await release.wait()
          return .done
        },
        options: options
      )
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "test").health != .healthy }
      release.open()
      try await eventually(within: .seconds(60)) { try await bench.manager.report(of: "test").health == .healthy }
    }
  }

  @Test func fiveHundredControllersAtOnce() async throws {
    try await Bench.run { bench in
      let reconcilers = (0..<500).map { TestReconciler("controller-\($0)") }
      for reconciler in reconcilers { try await bench.manager.register(reconciler) }
      try await bench.create("one")
      try await eventually(within: .seconds(60)) { reconcilers.allSatisfy { $0.names == ["one"] } }
    }
  }

  @Test func theCacheTellsOfWhatIsWatched() async throws {
    try await Bench.run { bench in
      #expect(bench.manager.cached(Bench.key("one")) == nil)
      try await bench.manager.register(TestReconciler())
      let created = try await bench.create("one")
      try await eventually(within: .seconds(60)) { bench.manager.cached(Bench.key("one")) == created }
    }
  }
}
