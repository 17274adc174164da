import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Testing

@testable import RopewalkWasm

/// What a message's script queued ends with that message.
@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct ScriptJobTests {
  /// Runs a body for the message `"bad"`; every other is answered with what jobs saw so far.
  private func node(_ body: String, in workshop: Workshop) async throws -> WasmLogicNode {
    let script = """
      const seen: string[] = [];
      const see = (context: any) => queueMicrotask(() => seen.push(context.text()));
      export function process(message: any, context: any): any {
        if (message !== "bad") return seen;
        \(body)
      }
      """
    return try await workshop.node(workshop.step(script: script))
  }

  @Test(arguments: [
    ("queueMicrotask(() => { throw new Error('job'); }); Promise.reject(new Error('left')); see(context);", "Error: job"),
    ("queueMicrotask(() => { throw new Error('job'); }); queueMicrotask(() => { throw new Error('other'); }); see(context);", "Error: job"),
    (
      "queueMicrotask(() => { throw new Error('job'); }); Promise.reject(new Error('left')); see(context); throw new Error('own');",
      "Error: own"
    ),
    ("queueMicrotask(() => { throw new Error('job'); }); see(context); return Promise.reject(new Error('own'));", "Error: job"),
    ("queueMicrotask(() => { queueMicrotask(() => see(context)); throw new Error('job'); });", "Error: job"),
    ("Promise.reject(new Error('left')); see(context); return 'well';", "Error: left"),
    ("see(context); return new Promise(() => {});", "never settled"),
  ])
  func whatAFailedMessageQueuedEndsWithIt(body: String, words: String) async throws {
    let workshop = try Workshop()
    let node = try await node(body, in: workshop)
    let error = await #expect(throws: LogicError.self) { try await node.process(Message(#""bad""#)) }
    #expect(error?.code == .stepRejected)
    #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
    #expect(try await node.process(Message(#""next""#)).text == #"["\"bad\""]"#)
    #expect(workshop.runtime.liveInstances == 1)
  }

  /// Code of the script's own runs once more when its outcome is written down.
  @Test(arguments: [
    "return { toJSON: () => { Promise.reject(new Error('left')); see(context); return {}; } };",
    "return { toJSON: () => { queueMicrotask(() => { throw new Error('job'); }); see(context); return {}; } };",
    "throw { toJSON: () => { Promise.reject(new Error('left')); see(context); return {}; } };",
  ])
  func whatTheOutcomeQueuedEndsWithIt(body: String) async throws {
    let node = try await node(body, in: Workshop())
    _ = try? await node.process(Message(#""bad""#))
    #expect(try await node.process(Message(#""next""#)).text == #"["\"bad\""]"#)
  }

  @Test func whatLoadingQueuedEndsBeforeTheFirstMessage() async throws {
    let script = """
      const seen: string[] = [];
      queueMicrotask(() => seen.push("loaded"));
      export const process = () => seen;
      """
    let workshop = try Workshop()
    #expect(try await workshop.node(workshop.step(script: script)).process(Message("{}")).text == #"["loaded"]"#)
    let failing = workshop.step(script: "queueMicrotask(() => { throw new Error('job'); });\nexport const process = () => 1;")
    let error = await #expect(throws: DiagnosticsError.self) { try await workshop.node(failing) }
    #expect(error?.description.contains("Error: job") == true)
  }
}
