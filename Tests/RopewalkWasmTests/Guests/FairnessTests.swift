import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkWasm

/// How many messages of each customer are done.
private final class Tally: Sendable {
  private let counts = Mutex<[String: Int]>([:])

  /// Returns the counts with this one.
  @discardableResult
  func add(_ customer: String) -> [String: Int] {
    counts.withLock { counts in
      counts[customer, default: 0] += 1
      return counts
    }
  }

  func count(of customer: String) -> Int { counts.withLock { $0[customer, default: 0] } }
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

  /// Two customers compute without a pause on one permit, each in many steps so that some of its messages always wait, also
  /// when the tasks that send them are late.
  @Test func processorTimeGoesByWeight() async throws {
    let workshop = try Workshop(limits: Self.limits(instances: 16))
    let done = Tally()
    var light = 0
    let payload = String(repeating: "x", count: 10)
    try await withThrowingTaskGroup(of: Int?.self) { group in
      var steps: [(customer: String, node: WasmLogicNode)] = []
      for (customer, weight) in Array(repeating: [("light", 1), ("heavy", 3)], count: 8).joined() {
        let node = try await workshop.node(
          workshop.step(wat: GuestText.work) {
            $0.limits.cpuWeight = weight
            $0.limits.timeout = Self.hogTimeout
          }
        )
        // Setting up an instance is the customer's time too, and no message.
        _ = try await node.process(Message(payload, customer: customer))
        steps.append((customer, node))
      }
      for (customer, node) in steps {
        group.addTask {
          while done.count(of: "heavy") < 90 {
            _ = try await node.process(Message(payload, customer: customer))
            let counts = done.add(customer)
            if customer == "heavy", counts[customer] == 90 { return counts["light"] }
          }
          return nil
        }
      }
      for try await count in group { light = count ?? light }
    }
    // 30 of the light one's for 90 of the heavy one's.
    #expect((22...40).contains(light), "\(light) messages of the light customer")
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
      while workshop.runtime.liveInstances < hogs + 1 { await Task.yield() }
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
