import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct InlineScriptTests {
  /// The example of docs/architecture.md, as it stands.
  static let example = """
    export function process(message: Message): Message {
      if (message.amount > 1000) {
        return message;
      }
    }
    """

  @Test func theExampleFilters() async throws {
    let workshop = try Workshop()
    let node = try await workshop.node(workshop.step(script: Self.example))
    #expect(try await node.process(Message(#"{"amount":1500}"#)) == .text(#"{"amount":1500}"#))
    #expect(try await node.process(Message(#"{"amount":15}"#)) == .drop)
    #expect(workshop.runtime.liveInstances == 1)
    await node.shutdown()
    #expect(workshop.runtime.liveInstances == 0)
  }
}
