import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkPipeline

/// Earlier versions of a step while replays go through them.
@Suite struct StepVersionsTests {
  /// Versions whose messages called `slow` wait, and what has been made of each.
  private final class Workshop: Sendable {
    let barrier = Barrier()
    private let made = Mutex<[(version: Int, node: FaultInjectingLogic)]>([])

    /// How many were made, in all.
    var count: Int { made.withLock { $0.count } }
    var shutDown: [Int] { made.withLock { made in made.filter { $0.node.wasShutDown }.map { $0.version }.sorted() } }

    func make(_ version: String) -> FaultInjectingLogic {
      let node = FaultInjectingLogic { [barrier] (message, _) throws(LogicError) in
        guard message.id == "slow" else { return .pass }
        await barrier.pass()
        throw LogicError(ErrorCode("step.raised", .rejected), "slow")
      }
      made.withLock { $0.append((Int(version) ?? 0, node)) }
      return node
    }
  }

  private func expectPass(_ versions: StepVersions, _ version: Int) async throws {
    let outcome = try await versions.process(message("quick"), by: "\(version)", step: "s")
    #expect(outcome == .pass)
  }

  private func expectFailure(_ versions: StepVersions, _ version: Int) async {
    let error = await #expect(throws: LogicError.self) { try await versions.process(message("slow"), by: "\(version)", step: "s") }
    #expect(error?.message == "slow")
  }

  @Test func aVersionIsGivenBackOnlyWhenNoMessageIsWithIt() async throws {
    let workshop = Workshop()
    let versions = StepVersions { workshop.make($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await expectFailure(versions, 1) }
      await workshop.barrier.arrived()
      for version in 2...6 { try await expectPass(versions, version) }
      #expect(workshop.shutDown == [2, 3])
      // Those that are ready are used again, the one that is in use too.
      for version in [1, 4, 5, 6] { try await expectPass(versions, version) }
      #expect(workshop.count == 6)
      workshop.barrier.open()
      try await group.waitForAll()
    }
    try await expectPass(versions, 7)
    #expect(workshop.shutDown == [1, 2, 3])
    await versions.shutdown()
    #expect(workshop.shutDown == [1, 2, 3, 4, 5, 6, 7])
  }

  @Test func moreVersionsInUseThanAreHeldReadyAreGivenBackAfterUse() async throws {
    let workshop = Workshop()
    let versions = StepVersions { workshop.make($0) }
    await withTaskGroup(of: Void.self) { group in
      for version in 1...6 { group.addTask { await expectFailure(versions, version) } }
      await workshop.barrier.arrived(6)
      #expect(workshop.shutDown.isEmpty)
      workshop.barrier.open()
    }
    #expect(workshop.shutDown.count == 2)
    await versions.shutdown()
    #expect(workshop.shutDown == [1, 2, 3, 4, 5, 6])
  }
}
