import Logging
import Testing

@testable import RopewalkPipeline

@Suite struct FaultsTests {
  @Test func oneThatEndsHidesNoOtherThatBegins() async {
    let faults = Faults(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let left = await withTaskGroup(of: Int.self) { group in
      for name in ["a", "b"] {
        group.addTask {
          (0..<20_000).count { _ in
            faults.report(.destination(name), "away")
            faults.clear(.destination(name))
            return faults.connections.contains("outgoing.\(name)")
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(left == 0)
  }
}
