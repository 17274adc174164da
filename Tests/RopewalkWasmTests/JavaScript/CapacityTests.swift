import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct CapacityTests {
  /// In a process of its own, so that nobody else's memory is counted.
  @Test func twoThousandCustomersLiveAtOnce() async {
    await #expect(processExitsWith: .success) {
      let workshop = try Workshop(limits: WasmLimits())
      let node = try await workshop.node(workshop.step(script: InlineScriptTests.example))
      _ = try await node.process(Message(#"{"amount":1500}"#, customer: "first"))
      let before = try PrivateMemory.now()
      let start = ContinuousClock.now
      for number in 0..<2000 {
        _ = try await node.process(Message(#"{"amount":1500}"#, customer: "customer-\(number)"))
      }
      let each = (try PrivateMemory.now().kibibytes - before.kibibytes) / 2000
      print("2,000 JavaScript customers: \(each) KiB each, first message \((ContinuousClock.now - start) / 2000)")
      #expect(workshop.runtime.liveInstances == 2001)
      #expect(each > 0)
      #expect(each <= 256)
    }
  }
}
