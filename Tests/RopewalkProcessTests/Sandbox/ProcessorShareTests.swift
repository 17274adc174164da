import RopewalkTesting
import Testing

@testable import GoPlugin
@testable import RopewalkProcess

/// What of the processor a program gets that wants all of it.
@Suite(.takesTurns, .enabled("this machine allows no sandbox") { await Captive.support.isAvailable })
struct ProcessorShareTests {
  /// Control groups of version 1 and of version 2 alike, whichever this process may make.
  @Test(
    "The kernel holds all its processes together to the share that is set",
    .enabled("no control group bounds the processor here") { await Captive.support.places.controllers.contains(.processor) }
  )
  func share() async throws {
    let (processes, periods) = (3, 20)
    var spec = SandboxSpec()
    spec.limits.processors = 0.05
    try await Captive.start(["spin", "\(processes)"], spec: spec) { sandbox, _, _ async throws in
      let group = try #require(sandbox.group?.paths.first)
      func inhabitants() -> [Int32] { (SmallFile.text(at: group + "/cgroup.procs") ?? "").split(separator: "\n").compactMap { Int32($0) } }
      func used() -> Duration { inhabitants().compactMap { ProcessStatus(of: $0)?.processorTime }.reduce(Duration.zero, +) }

      // With the first process of the namespace.
      try await Processes.wait("all of them run in the group") { inhabitants().count == processes + 1 }
      let (first, start) = (sandbox.throttledPeriods, ContinuousClock.now)
      let before = used()
      try await Processes.wait("the kernel holds them back") { sandbox.throttledPeriods >= first + periods }
      let share = (used() - before) / (ContinuousClock.now - start)
      #expect(share < 0.1, "\(share) of a processor")
    }
  }

  @Test("Where no control group can be made, it gives way to others with all that it starts")
  func givingWay() async throws {
    try await Captive.start(["wait"], isGrouped: false) { sandbox, process, lines async throws in
      #expect(sandbox.group.map(\.paths) == nil)
      var lines = lines.makeAsyncIterator()
      #expect(await lines.next() == "waiting")
      let descendants = ProcessStatus.descendants(of: process.pid)
      // The first process of the namespace, the program, and its child.
      #expect(descendants.count == 3)
      for pid in descendants {
        let niceness = try #require(ProcessStatus(of: pid)).niceness
        #expect(niceness >= ProcessLimits.niceness)
      }
    }
  }
}
