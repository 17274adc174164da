import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// Changing a run while messages pass, and ending it with everything settled.
@Suite struct ChangingRunTests {
  /// Marks the messages that pass, and remembers whether it was given back.
  private final class MarkingStep: LogicNode {
    private let mark: String
    private let barrier: Barrier?
    private let isShutDown = Atomic(false)

    init(_ mark: String, waitingAt barrier: Barrier? = nil) {
      self.mark = mark
      self.barrier = barrier
    }

    var wasShutDown: Bool { isShutDown.load(ordering: .acquiring) }

    func process(_ message: Message) async throws(LogicError) -> LogicOutcome {
      if message.id.hasPrefix("slow") { await barrier?.pass() }
      return .replace(payload: message.payload + Array(mark.utf8), contentType: nil, headers: nil)
    }

    func shutdown() async { isShutDown.store(true, ordering: .releasing) }
  }

  private func payloads(_ destination: FaultInjectingConnection) -> [String: String] {
    Dictionary(uniqueKeysWithValues: destination.attempts.map { ($0.message.id, String(decoding: $0.message.payload, as: UTF8.self)) })
  }

  @Test func messagesUnderWayKeepTheStepsThatTheyBeganWith() async throws {
    let (barrier, replaced) = (Barrier(), Gate())
    let source = FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
      _ = await inbox.accept(message("slow", customer: "acme"))
      await replaced.wait()
      _ = await inbox.accept(message("next", customer: "other"))
    })
    let destination = FaultInjectingConnection()
    let old = (common: MarkingStep("-old", waitingAt: barrier), own: MarkingStep("-own"))
    let new = (common: MarkingStep("-new"), own: MarkingStep("-newer"))
    var harness = Harness()
    harness.sources = [source]
    harness.steps = [("mark", old.common)]
    harness.destinations = [.init(name: "out", node: destination, steps: [("own", old.own)])]
    let run = harness.makeRun()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await run.run() }
      await barrier.arrived()
      var changed = harness
      changed.steps = [("mark", new.common), ("twice", new.common)]
      changed.destinations = [.init(name: "out", node: FaultInjectingConnection(), steps: [("own", new.own)])]
      #expect(run.replaceSteps(with: changed.plan))
      replaced.open()
      try await eventually { payloads(destination)["next"] != nil }
      #expect(!old.common.wasShutDown)
      barrier.open()
      try await group.waitForAll()
    }
    #expect(payloads(destination) == ["next": "hello-new-new-newer", "slow": "hello-old-newer"])
    #expect(old.common.wasShutDown && old.own.wasShutDown && new.common.wasShutDown && new.own.wasShutDown)
    try await harness.expectBalance(run.snapshot())
  }

  @Test func replacedStepsAreGivenBackWhileTheRunGoesOn() async throws {
    let release = Gate()
    var harness = Harness()
    harness.sources = [FaultInjectingConnection(onReceive: { (_) throws(ConnectionError) in await release.wait() })]
    harness.destinations = [.init(name: "out", node: FaultInjectingConnection())]
    let steps = (0..<5).map { MarkingStep("-\($0)") }
    harness.steps = [("mark", steps[0])]
    let ready = Gate()
    let run = harness.makeRun(onReady: { ready.open() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await run.run() }
      await ready.wait()
      for step in steps.dropFirst() {
        var changed = harness
        changed.steps = [("mark", step)]
        #expect(run.replaceSteps(with: changed.plan))
      }
      try await eventually { steps.dropLast().allSatisfy(\.wasShutDown) }
      #expect(!steps[4].wasShutDown)
      release.open()
      try await group.waitForAll()
    }
    #expect(steps[4].wasShutDown)
  }

  @Test func aDestinationThatGetsItsFirstOwnStepNeedsAnotherRun() {
    var harness = Harness()
    harness.sources = [FaultInjectingConnection()]
    harness.destinations = [.init(name: "out", node: FaultInjectingConnection())]
    let run = harness.makeRun()
    harness.destinations[0].steps = [("own", MarkingStep("-own"))]
    #expect(!run.replaceSteps(with: harness.plan))
  }

  @Test func finishingTakesNothingMoreAndSettlesEverything() async throws {
    let (barrier, receiving) = (Barrier(), Gate())
    var harness = Harness()
    harness.endsWhenSourcesEnd = false
    harness.limits.memory.messages = 4
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        for message in messages(50) { _ = await inbox.accept(message) }
        receiving.open()
        try? await Task.sleep(for: .seconds(3600))
      })
    ]
    let destination = FaultInjectingConnection(onSend: { (_, _) throws(ConnectionError) in await barrier.pass() })
    harness.destinations = [.init(name: "out", node: destination)]
    let run = harness.makeRun()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await run.run() }
      await receiving.wait()
      await barrier.arrived()
      run.finish()
      #expect(run.openPairs == 50)
      barrier.open()
      try await group.waitForAll()
    }
    #expect(run.openPairs == 0)
    #expect(destination.attempts.count == 50)
    try await harness.expectBalance(run.snapshot())
  }

  @Test func aDrainCanBeGivenLessTimeThanTheIntegrationHas() async throws {
    let barrier = Barrier()
    var harness = Harness()
    harness.endsWhenSourcesEnd = false
    harness.limits.drainTimeout = .seconds(3600)
    harness.sources = [
      FaultInjectingConnection(onReceive: { (inbox) throws(ConnectionError) in
        _ = await inbox.accept(message("stuck"))
        try? await Task.sleep(for: .seconds(3600))
      })
    ]
    harness.destinations = [
      .init(
        name: "out",
        node: FaultInjectingConnection(onSend: { (_, _) throws(ConnectionError) in
          await barrier.pass()
          throw ConnectionError(.cancelled, "given up", recoverable: true)
        })
      )
    ]
    let run = harness.makeRun()
    await withTaskGroup { group in
      group.addTask { try? await run.run() }
      await barrier.arrived()
      run.drain(within: .milliseconds(20))
    }
    // What was not settled is in the journal, for the next run.
    let next = FaultInjectingConnection()
    harness.sources = [FaultInjectingConnection()]
    harness.destinations = [.init(name: "out", node: next)]
    harness.endsWhenSourcesEnd = true
    try await harness.makeRun().run()
    #expect(next.attempts.map(\.message.id) == ["stuck"])
    #expect(try await harness.journal.ledger().map(\.inFlight) == [0])
  }
}
