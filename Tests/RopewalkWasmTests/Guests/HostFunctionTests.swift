import Logging
import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct HostFunctionTests {
  private func run(
    _ script: String,
    _ capabilities: Set<Capability> = [],
    payload: String = "{}",
    workshop: Workshop? = nil,
    _ change: (inout WasmStep) -> Void = { _ in }
  ) async throws -> String {
    let workshop = try workshop ?? Workshop()
    let step = workshop.step(script: script) { step in
      step.capabilities = capabilities
      change(&step)
    }
    return try await workshop.node(step).process(Message(payload)).text
  }

  @Test(arguments: [
    ("context.customerID", Capability.getCustomerID), ("context.integrationID", .getIntegrationID),
    ("context.metadata.messageID", .getMessageMetadata), ("ropewalk.log.info('x')", .log),
    ("ropewalk.transform('base64-encode', 'x')", .transform), ("ropewalk.validate({}, {})", .validate),
    ("ropewalk.httpCall({ url: 'https://example.com/' })", .httpCall),
  ])
  func whatIsNotGrantedIsDenied(expression: String, capability: Capability) async throws {
    let script = "export const process = (m: any, context: any) => [\(expression)];"
    let error = await #expect(throws: LogicError.self) { try await run(script) }
    #expect(error?.code == .stepDenied)
    #expect(error?.message.contains(capability.rawValue) == true)
    #expect(error?.message.contains("orders#filter-1:1:") == true)
  }

  @Test func fieldsAreWhatTheMessageHas() async throws {
    let script = """
      export const process = (m: any, context: any) =>
        [context.customerID, context.integrationID, context.metadata, context.headers.get('x-event'), context.headers.get('none') ?? null,
         context.headers.entries(), context.contentType, context.settings, context.text()];
      """
    let text = try await run(script, [.getCustomerID, .getIntegrationID, .getMessageMetadata], payload: "[1]") {
      $0.settings = ["rate": 2, "name": "x"]
    }
    #expect(
      text == #"["acme","orders",{"messageID":"m-1","correlationID":"c-1","traceID":"","source":"web","#
        + #""timestamp":"2023-11-14T22:13:20.000Z","contentType":"application/json","customerID":"acme","tenantID":"default","#
        + #""integrationID":"orders"},"push",null,[["X-Event","push"]],"application/json",{"rate":2,"name":"x"},"[1]"]"#
    )
  }

  @Test func metadataAloneNamesNobody() async throws {
    let text = try await run("export const process = (m: any, context: any) => Object.keys(context.metadata);", [.getMessageMetadata])
    #expect(text == #"["messageID","correlationID","traceID","source","timestamp","contentType"]"#)
  }

  @Test func transformsAndValidates() async throws {
    let script = """
      export const process = () => [
        ropewalk.transform('base64-encode', 'héllo'),
        ropewalk.validate({ type: 'object', required: ['a'] }, {}),
        ropewalk.validate({ type: 'object' }, {}),
      ];
      """
    let value = try JSON.parse(try await run(script, [.transform, .validate]))
    #expect(value.array?.first == "aMOpbGxv")
    #expect(value.array?[1].array?.first?["schema"]?.string == "/required")
    #expect(value.array?.last == [])
  }

  @Test(arguments: [
    ("ropewalk.transform('base64-encod', 'x')", "did you mean 'base64-encode'?"),
    ("ropewalk.transform('xml-to-json', '<a>')", "xml"), ("ropewalk.validate({ type: 7 }, {})", "type"),
  ])
  func theirErrorsReachTheScript(expression: String, words: String) async throws {
    let script = "export function process() { try { \(expression) } catch (error) { return String(error); } }"
    #expect(try await run(script, [.transform, .validate]).lowercased().contains(words.lowercased()))
  }

  /// Host functions run on the guest's stack: the deepest input that the parsers take must fit it.
  @Test func deepInputDoesNotExhaustTheStack() async throws {
    let script = """
      export function process() {
        const deep = '['.repeat(511) + ']'.repeat(511);
        const schema = '{"$defs":{"a":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/a"}},{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/c"},"c":{"type":"null"}},"$ref":"#/$defs/a"}';
        const nested = (depth: number): any => depth === 0 ? ropewalk.validate(schema, deep).length : nested(depth - 1);
        return [nested(100), ropewalk.transform('json-to-yaml', deep).length > 0];
      }
      """
    let text = try await run(script, [.transform, .validate])
    #expect(text.hasPrefix("["))
  }

  @Test func logLinesCarryTheirOriginAndAreBounded() async throws {
    var limits = WasmLimits.few
    limits.logBurst = 3
    limits.logLinesPerSecond = 0
    limits.logLineLength = 10
    let workshop = try Workshop(limits: limits)
    let script = """
      export function process() {
        ropewalk.log.warn('first\\nsecond');
        ropewalk.log.debug('not shown');
        ropewalk.log.info('0123456789abc\\u001b[31m');
        for (let i = 0; i < 50; i++) ropewalk.log.info('more');
      }
      """
    #expect(try await run(script, [.log], workshop: workshop).isEmpty)
    let lines = workshop.log.lines
    #expect(lines.map(\.message) == ["first", "second", "0123456789…"])
    #expect(lines.map(\.level) == [.warning, .warning, .info])
    #expect(lines[0].metadata == ["ropewalk.integration": "orders", "ropewalk.step": "filter-1", "ropewalk.customer": "acme"])
  }

  @Test func droppedLinesAreCounted() {
    var gate = RateGate(burst: 2, perSecond: 1)
    let start = MonotonicTime(nanoseconds: 1_000_000_000)
    #expect((0..<5).map { _ in gate.admit(at: start) } == [true, true, false, false, false])
    #expect(gate.takeDropped() == 3)
    #expect(gate.admit(at: MonotonicTime(nanoseconds: 2_100_000_000)) == true)
    #expect(gate.takeDropped() == 0)
  }

  @Test func failingWithACodeNeedsRaiseError() async throws {
    let script = "export function process() { throw Object.assign(new Error('no stock'), { code: 'stock', recoverable: true }); }"
    let plain = await #expect(throws: LogicError.self) { try await run(script) }
    #expect(plain?.code == .stepRejected)
    #expect(plain?.guestCode == "")
    let coded = await #expect(throws: LogicError.self) { try await run(script, [.raiseError]) }
    #expect(coded?.guestCode == "stock")
    #expect(coded?.recoverable == true)
    #expect(coded?.message.hasPrefix("Error: no stock at orders#filter-1:1:") == true)
  }
}
