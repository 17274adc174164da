import Logging
import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkWasm

/// The host's functions in the form that scripts have them in: `console` and `ropewalk` of `ropewalk.d.ts`.
@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct ScriptHostTests {
  /// What a script's expression is, as JSON.
  private func value(
    of expression: String,
    _ capabilities: Set<Capability>,
    outbound: OutboundHTTP = .none
  ) async throws -> String {
    let workshop = try Workshop(outbound: outbound)
    let step = workshop.step(script: "export const process = (message: any, context: any) => [\(expression)];") {
      $0.capabilities = capabilities
      $0.settings = ["currency": "EUR"]
    }
    return try await workshop.node(step).process(Message(#"{"n":1}"#)).text
  }

  @Test(arguments: [
    ("ropewalk.getCustomerID(), context.customerID", Capability.getCustomerID, #"["acme","acme"]"#),
    ("ropewalk.getIntegrationID(), context.integrationID", .getIntegrationID, #"["orders","orders"]"#),
    ("ropewalk.getMessageMetadata().messageID, context.metadata.messageID", .getMessageMetadata, #"["m-1","m-1"]"#),
    ("JSON.stringify(ropewalk.getMessageMetadata()) === JSON.stringify(context.metadata)", .getMessageMetadata, "[true]"),
    ("ropewalk.transform('base64-encode', new Uint8Array([255, 0]))", .transform, #"["/wA="]"#),
    ("[...ropewalk.transform('base64-decode', '/wA=')]", .transform, "[[255,0]]"),
    ("ropewalk.transform('csv-to-json', 'a;b\\n1;2', { delimiter: ';' })", .transform, #"[[{"a":"1","b":"2"}]]"#),
    ("ropewalk.transform('json-to-xml', { a: { b: 1 } }, { declaration: false })", .transform, #"["<a><b>1</b></a>"]"#),
    ("ropewalk.validate('{\"type\":\"number\"}', 7), ropewalk.validate(true, 'x')", .validate, "[[],[]]"),
    (
      "ropewalk.validate({ properties: { n: { type: 'string' } } }, message).map((v) => [v.instance, v.schema])", .validate,
      #"[[["/n","/properties/n/type"]]]"#
    ),
    ("ropewalk.validate(false, 1).length", .validate, "[1]"),
  ])
  func functionsAnswerInValuesOfTheLanguage(expression: String, capability: Capability, answer: String) async throws {
    #expect(try await value(of: expression, [capability]) == answer)
  }

  @Test(arguments: [
    ("ropewalk.getCustomerID()", Capability.getCustomerID), ("ropewalk.getIntegrationID()", .getIntegrationID),
    ("ropewalk.getMessageMetadata()", .getMessageMetadata), ("ropewalk.raiseError('A', 'b')", .raiseError),
    ("ropewalk.log.debug('x')", .log),
  ])
  func whatIsNotGrantedThrows(expression: String, capability: Capability) async throws {
    let error = await #expect(throws: LogicError.self) { try await value(of: expression, []) }
    #expect(error?.code == .stepDenied)
    #expect(error?.message.contains("was not granted \(capability.rawValue)") == true)
  }

  /// What a script was denied is no reason for what it says else.
  @Test func aSilentConsoleIsNoReason() async throws {
    let error = await #expect(throws: LogicError.self) {
      try await value(of: "(() => { console.log('x'); throw new Error('Login failed: Log in again'); })()", [])
    }
    #expect(error?.code == .stepRejected)
  }

  @Test(arguments: [("console", ["debug", "log", "info", "warn", "error"]), ("ropewalk.log", ["debug", "info", "warn", "error"])])
  func linesAreLogged(object: String, levels: [String]) async throws {
    let workshop = try Workshop(level: .trace)
    let calls = levels.map { "\(object).\($0)('\($0)', 7, { a: [1] }, null)" }.joined(separator: ", ")
    let step = workshop.step(script: "export const process = () => { \(calls); return true; };") { $0.capabilities = [.log] }
    #expect(try await workshop.node(step).process(Message("{}")) == .pass)
    let lines = workshop.log.lines.filter { $0.metadata["ropewalk.step"] == "filter-1" }
    #expect(lines.map(\.message) == levels.map { "\($0) 7 {\"a\":[1]} null" })
    #expect(lines.map { $0.level.rawValue } == levels.map { ["log": "info", "warn": "warning"][$0] ?? $0 })
  }

  @Test func theConsoleIsSilentWhereNobodyListens() async throws {
    let workshop = try Workshop(level: .trace)
    let step = workshop.step(script: "export const process = () => { console.log('a'); console.error('b'); return true; };")
    #expect(try await workshop.node(step).process(Message("{}")) == .pass)
    #expect(workshop.log.lines.allSatisfy { $0.message != "a" && $0.message != "b" })
  }

  @Test(arguments: [
    ("{ method: 'post', url: 'https://e.com/a', headers: { 'X-A': 'b' }, body: 'hi' }", "POST", "hi"),
    ("{ method: 'PUT', url: 'https://e.com/a', headers: { 'X-A': 'b' }, body: new Uint8Array([104, 105]) }", "PUT", "hi"),
    ("{ url: 'https://e.com/a', headers: { 'X-A': 'b' }, body: null }", "GET", ""),
  ])
  func aCallGoesOutAsItWasAskedFor(request: String, method: String, body: String) async throws {
    let requests = Mutex<[OutboundHTTP.Request]>([])
    let outbound = OutboundHTTP { request, _ throws(OutboundHTTP.Failure) in
      requests.withLock { $0.append(request) }
      return .init(status: 201, headers: MessageHeaders([.init(name: "X-Rate", value: "2")]), body: Array("ok".utf8))
    }
    let answer = try await value(of: "ropewalk.httpCall(\(request))", [.httpCall], outbound: outbound)
    #expect(answer == #"[{"status":201,"headers":{"x-rate":"2"},"body":"ok"}]"#)
    let headers = MessageHeaders([.init(name: "X-A", value: "b")])
    #expect(requests.withLock { $0 } == [.init(method: method, url: "https://e.com/a", headers: headers, body: Array(body.utf8))])
  }

  @Test func aBodyThatIsNoTextIsBytes() async throws {
    let outbound = OutboundHTTP { _, _ throws(OutboundHTTP.Failure) in .init(status: 200, body: [0xFF, 0x00]) }
    let script =
      "(({ body, ...rest }) => [body instanceof Uint8Array, [...body], Object.keys(rest)])(ropewalk.httpCall({ url: 'https://e.com/' }))"
    #expect(try await value(of: script, [.httpCall], outbound: outbound) == #"[[true,[255,0],["status","headers"]]]"#)
  }

  @Test(arguments: [
    ("ropewalk.httpCall({ url: 'https://e.com/', hedaers: {} })", "the request has no member 'hedaers'; did you mean 'headers'?"),
    ("ropewalk.httpCall({ url: 'https://e.com/', body: 'a'.repeat(2 ** 20 + 1) })", "larger than 'http.maxRequestSize' (1Mi) allows"),
    ("ropewalk.httpCall({ url: 'https://e.com/', body: {} })", "JSON.stringify"), ("ropewalk.httpCall('https://e.com/')", "url"),
    ("ropewalk.httpCall({ url: 'https://e.com/' })", "nothing can be reached here"), ("ropewalk.transform(7, 'x')", "must be a string"),
    ("ropewalk.transform('base64-encode')", "text, bytes or JSON"), ("ropewalk.validate({}, undefined)", "JSON can express"),
    ("ropewalk.raiseError(7, 'x')", "must be a string"),
  ])
  func whatCannotBeDoneCanBeCaught(expression: String, words: String) async throws {
    let caught = "(() => { try { \(expression) } catch (error) { return String(error); } })()"
    #expect(try await value(of: caught, [.httpCall, .transform, .validate, .raiseError]).contains(words))
  }

  @Test(arguments: [("{ recoverable: true }", true), ("{}", false), ("undefined", false)])
  func raiseErrorFailsWithACode(options: String, isRecoverable: Bool) async throws {
    let call = "ropewalk.raiseError('NO_RATE', 'no rate', \(options))"
    let error = await #expect(throws: LogicError.self) { try await value(of: call, [.raiseError]) }
    #expect(error?.code == .stepRejected)
    #expect(error?.guestCode == "NO_RATE")
    #expect(error?.message.hasPrefix("Error: no rate at orders#filter-1:1:") == true)
    #expect(error?.recoverable == isRecoverable)
    let caught = "(() => { try { \(call) } catch (error: any) { return [error.code, error.message, error.recoverable]; } })()"
    #expect(try await value(of: caught, [.raiseError]) == #"[["NO_RATE","no rate",\#(isRecoverable)]]"#)
  }

  /// Reading it costs one question a message; another message has its own.
  @Test func settingsAreTheSteps() async throws {
    #expect(try await value(of: "context.settings.currency, context.settings === context.settings", []) == #"["EUR",true]"#)
  }
}
