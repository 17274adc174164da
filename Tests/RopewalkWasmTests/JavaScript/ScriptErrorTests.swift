import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import SystemPackage
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct ScriptErrorTests {
  let workshop: Workshop

  init() throws {
    workshop = try Workshop()
  }

  @Test func aRunTimeErrorNamesTheUsersLine() async throws {
    let step = try workshop.step(
      files: [
        "a.ts":
          "import { total } from './lib/total';\n\ninterface Order { lines: number[] }\n\nexport function process(order: Order): number {\n  return total(order.lines);\n}\n",
        "lib/total.ts":
          "type Numbers = number[];\n\nexport function total(lines: Numbers): number {\n  return lines.reduce((sum, line) => sum + line, 0);\n}\n",
      ],
      entry: "a.ts"
    )
    let node = try await workshop.node(step)
    let error = try await #require(throws: LogicError.self) { try await node.process(Message("{}")) }
    #expect(error.code == .stepRejected)
    let folder = workshop.folder.path
    #expect(error.message.hasPrefix("TypeError: "))
    #expect(error.message.contains("\(folder)/lib/total.ts:4:"))
    #expect(error.backtrace.count == 2)
    #expect(error.backtrace[0].hasPrefix("total (\(folder)/lib/total.ts:4:"))
    #expect(error.backtrace[1].hasPrefix("process (\(folder)/a.ts:6:"))
    // The instance is whole: the next message has the same one.
    #expect(workshop.runtime.liveInstances == 1)
    #expect(try await node.process(Message(#"{"lines":[1,2]}"#)).text == "3")
  }

  @Test func anInlineScriptsErrorNamesTheIntegrationsLine() async throws {
    let script = "export function process(message: any) {\n  return message.a.b;\n}\n"
    let node = try await workshop.node(workshop.step(script: script, at: SourceMark(file: "flows/orders.yaml", line: 12, column: 11)))
    let error = try await #require(throws: LogicError.self) { try await node.process(Message("{}")) }
    #expect(error.message.contains("at flows/orders.yaml:13:"))
    #expect(error.backtrace.first?.hasPrefix("process (flows/orders.yaml:13:") == true)
  }

  @Test func anErrorWhileLoadingIsADiagnostic() async throws {
    let script = "const x: any = undefined;\nconst y = x.field;\nexport const process = () => y;"
    let step = workshop.step(script: script, at: SourceMark(file: "orders.yaml", line: 5, column: 3)) {
      $0.field = "spec.steps[0].filter.inline"
    }
    let error = try await #require(throws: DiagnosticsError.self) { try await workshop.node(step) }
    let diagnostic = try #require(error.diagnostics.first)
    #expect(diagnostic.mark?.file == "orders.yaml")
    #expect(diagnostic.mark?.line == 6)
    #expect(diagnostic.field == "spec.steps[0].filter.inline")
    #expect(diagnostic.message.contains("TypeError"))
  }

  @Test func aScriptWithoutProcessIsADiagnostic() async throws {
    let error = await #expect(throws: DiagnosticsError.self) { try await workshop.node(workshop.step(script: "export const x = 1;")) }
    #expect(error?.description.contains("no function named `process`") == true)
  }

  /// With its place, also where nothing has run before that the engine knows one for.
  @Test(arguments: [
    ("while (true) {}\nexport const process = () => 1;", 5),
    ("let n = 0;\nwhile (true) n = Math.max(n, 1);\nexport const process = () => n;", 6),
  ])
  func aScriptThatLoopsWhileLoadingIsADiagnostic(script: String, line: Int) async throws {
    let step = workshop.step(script: script, at: SourceMark(file: "orders.yaml", line: 5, column: 3)) { $0.limits.timeout = .seconds(1) }
    let error = try #require(await #expect(throws: DiagnosticsError.self) { try await workshop.node(step) })
    #expect(error.description.contains("step.timeout"))
    #expect(error.diagnostics.first?.mark?.line == line, "\(error)")
    #expect(error.description.contains("and was then in <anonymous> (orders.yaml:\(line):"), "\(error)")
  }

  @Test(arguments: [
    ("while (true) {}", ErrorCode.stepTimeout), ("const again = () => queueMicrotask(again); again(); throw 7;", .stepTimeout),
    ("const f = (): any => f() + 1; return f();", .stepStackOverflow),
    ("const all = []; while (true) all.push(new Array(10000).fill(1));", .stepMemoryLimit),
    ("return 'x'.repeat(100000);", .stepOutputTooLarge), ("throw 7;", .stepRejected), ("return () => 1;", .stepRejected),
    ("return new Promise(() => {});", .stepRejected), ("return Promise.reject(new Error('no'));", .stepRejected),
  ])
  func everyEndHasItsCode(body: String, code: ErrorCode) async throws {
    let step = workshop.step(script: "export function process(m: any): any { if (m === 1) return 2; \(body) }") {
      // Only one of them is to run out of time, on a busy machine too.
      $0.limits.timeout = code == .stepTimeout ? .seconds(2) : .seconds(60)
      $0.limits.memoryLimit = .mebibytes(16)
      $0.limits.maxOutputSize = .kibibytes(64)
    }
    let node = try await workshop.node(step)
    let error = await #expect(throws: LogicError.self) { try await node.process(Message("0")) }
    #expect(error?.code == code, "\(error?.description ?? "")")
    // And the next message is well.
    #expect(try await node.process(Message("1")).text == "2")
  }

  /// What uses up the time or the memory says where it was when that happened.
  @Test(arguments: [
    ("const add = (n: number) => n + 1;\nexport function process(m: any) {\n  while (true) add(m);\n}", ErrorCode.stepTimeout, 2...3),
    ("export function process(m: any) {\n  return /^(a+)+$/.test('a'.repeat(40) + 'b');\n}", .stepTimeout, 2...2),
    (
      "export function process(m: any) {\n  const all = [];\n  while (true) all.push(new Array(100000).fill(1));\n}", .stepMemoryLimit,
      3...3
    ),
    ("export function process(m: any): any {\n  return 1 + process(m);\n}", .stepStackOverflow, 2...2),
  ])
  func whatUsesUpALimitSaysWhereItWas(script: String, code: ErrorCode, lines: ClosedRange<Int>) async throws {
    let step = workshop.step(script: script) {
      $0.limits.timeout = code == .stepTimeout ? .seconds(1) : .seconds(60)
      $0.limits.memoryLimit = .mebibytes(16)
    }
    let node = try await workshop.node(step)
    let error = try #require(await #expect(throws: LogicError.self) { try await node.process(Message("0")) })
    #expect(error.code == code, "\(error)")
    let places = lines.map { "process (orders#filter-1:\($0):" }
    #expect(error.backtrace.contains { frame in places.contains { frame.hasPrefix($0) } }, "\(error)")
    let words = code == .stepTimeout ? places.map { "and was then in \($0)" } : lines.map { " at orders#filter-1:\($0):" }
    #expect(words.contains { error.message.contains($0) }, "\(error)")
  }

  @Test func deepRecursionCanBeCaught() async throws {
    let script = """
      export function process(m: any) {
        let depth = 0;
        const descend = () => { depth++; descend(); };
        try { descend(); } catch (error) { return [depth > 1000, String(error)]; }
      }
      """
    let node = try await workshop.node(workshop.step(script: script) { $0.limits.timeout = .seconds(60) })
    for _ in 0..<2 {
      #expect(try await node.process(Message("0")).text == #"[true,"RangeError: Maximum call stack size exceeded"]"#)
    }
  }

  @Test(arguments: ["not JSON", "{\"a\":", "[1,]", "\u{1F600}", "", " ", "\u{FEFF}"])
  func aPayloadThatIsNoJSONFailsClearly(payload: String) async throws {
    let node = try await workshop.node(workshop.step(script: "export const process = (m: any) => m;"))
    let error = await #expect(throws: LogicError.self) { try await node.process(Message(payload)) }
    #expect(error?.code == .stepRejected)
    #expect(error?.message.contains("JSON") == true)
  }

  @Test func thereIsNoWayOut() async throws {
    let script = """
      export const process = () => ['setTimeout', 'fetch', 'require', 'Deno', 'Bun', 'std', 'os', 'performance', 'WebAssembly']
        .filter((name) => typeof (globalThis as any)[name] !== 'undefined');
      """
    #expect(try await workshop.node(workshop.step(script: script)).process(Message("{}")).text == "[]")
  }
}
