import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkWasm

/// The rounds that two customers' guests have logged, from the one on that is the second customer's first.
private struct Progress {
  private let rounds: [String]

  init(_ log: LogRecorder) {
    let rounds = log.lines.map(\.message)
    self.rounds = Array(rounds.drop { $0 == rounds.first })
  }

  func rounds(of customer: String) -> Int { rounds.count { $0 == customer } }

  /// How many it had when the other one had so many.
  func rounds(of customer: String, whenAnotherHas count: Int) -> Int {
    let others = rounds.indices.filter { rounds[$0] != customer }
    return rounds[..<others[count - 1]].count { $0 == customer }
  }
}

/// What customers get of the processors when all of them want more than there is.
@Suite(.takesTurns) struct FairnessTests {
  private static let hogTimeout: Duration = .seconds(600)

  private static func limits(instances: Int) -> WasmLimits {
    var limits = WasmLimits()
    limits.runningGuests = 1
    limits.liveInstances = instances
    return limits
  }

  /// Two customers compute without an end on one permit and say how far they are. Each does so in one call, so that no task
  /// has to come for either to go on.
  @Test func processorTimeGoesByWeight() async throws {
    var limits = Self.limits(instances: 2)
    limits.logBurst = 10_000
    let workshop = try Workshop(limits: limits)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (customer, weight) in [("light", 1), ("heavy", 3)] {
        let node = try await workshop.node(
          workshop.step(wat: GuestText.progress) {
            $0.capabilities = [.log]
            $0.limits.cpuWeight = weight
            $0.limits.timeout = Self.hogTimeout
          }
        )
        group.addTask {
          let error = await #expect(throws: LogicError.self) { try await node.process(Message(customer, customer: customer)) }
          #expect(error?.code == .stepCancelled)
        }
      }
      try await eventually { Progress(workshop.log).rounds(of: "heavy") >= 90 }
      group.cancelAll()
      try await group.waitForAll()
    }
    let light = Progress(workshop.log).rounds(of: "light", whenAnotherHas: 90)
    // 30 of the light one's for 90 of the heavy one's.
    #expect((22...40).contains(light), "\(light) rounds of the light customer")
  }

  /// However many others compute without end, a short message waits for the slice that runs, not for all of theirs.
  @Test func aShortMessageWaitsForOneSlice() async throws {
    let hogs = 64
    let workshop = try Workshop(limits: Self.limits(instances: hogs + 1))
    let hog = try await workshop.node(workshop.step(wat: GuestText.loop) { $0.limits.timeout = Self.hogTimeout })
    let short = try await workshop.node(workshop.step(wat: GuestText.echo))

    func latency() async throws -> Duration {
      return try await medianTime(60) {
        let outcome = try await short.process(Message("hello", customer: "short"))
        #expect(outcome.text == "hello")
      }
    }

    let alone = try await latency()
    let (beside, slice) = try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<hogs {
        group.addTask {
          do throws(LogicError) {
            _ = try await hog.process(Message("x", customer: "hog-\(number)"))
          } catch {
            #expect(error.code == .stepCancelled)
          }
        }
      }
      try await eventually { workshop.runtime.liveInstances >= hogs + 1 }
      let beside = try await latency()
      let slice = try await sliceTime()
      group.cancelAll()
      try await group.waitForAll()
      return (beside, slice)
    }
    print("a short message: \(alone) alone, \(beside) beside \(hogs) loops; a slice takes \(slice)")
    #expect(beside < alone + slice * 4)
  }

  /// What a slice of two ticks takes now, on a thread like those on which long calls run: more than its 2 ms on a machine
  /// that is busy with other things.
  private func sliceTime() async throws -> Duration {
    let executor = LongCallExecutor(threads: 1)
    return try await withTaskExecutorPreference(executor) {
      try await medianTime(20) {
        var spent = Duration.zero
        while spent < .milliseconds(2) {
          var number: UInt32 = 1
          spent += ProcessorTime.spent { for _ in 0..<1000 { number = number &* 1_664_525 &+ 1 } }
        }
        await Task.yield()
      }
    }
  }

  /// The median time of so many runs.
  private func medianTime(_ count: Int, _ body: () async throws -> Void) async throws -> Duration {
    var times: [Duration] = []
    for _ in 0..<count {
      let start = ContinuousClock.now
      try await body()
      times.append(ContinuousClock.now - start)
    }
    return times.sorted()[count / 2]
  }
}
