import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Testing

@testable import RopewalkWasm

/// What docs/guide/writing-logic.md says of `message`, of what `process` returns and of `context`, row by row.
@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct ScriptValueTests {
  private static let json = "application/json"
  private static let text = "text/plain; charset=utf-8"
  private static let bytes = "application/octet-stream"

  /// What becomes of a message in a script that answers with an expression of `message` and `context`.
  private func outcome(_ expression: String, _ payload: [UInt8], _ contentType: String) async throws -> LogicOutcome {
    let workshop = try Workshop()
    let step = workshop.step(script: "export const process = (message: any, context: any): any => (\(expression));")
    var message = Message("")
    message.payload = payload
    message.contentType = contentType
    return try await workshop.node(step).process(message)
  }

  @Test(arguments: [
    (json, #"{"a":1}"#, #"["object",{"a":1}]"#),
    ("Application/vnd.order+JSON; charset=utf-8", "[1]", #"["object",[1]]"#),
    (json, "\u{FEFF}7", #"["number",7]"#),
    ("", " {\"a\":1}", #"["object",{"a":1}]"#),
    (bytes, "[1]", #"["object",[1]]"#),
    ("application/x-www-form-urlencoded", #"{"a":1}"#, #"["object",{"a":1}]"#),
    ("", "{not JSON", #"["string","{not JSON"]"#),
    ("", "7", #"["string","7"]"#),
    ("", "", #"["string",""]"#),
    ("text/plain", #"{"a":1}"#, #"["string","{\"a\":1}"]"#),
    ("text/plain", "", #"["string",""]"#),
  ])
  func theContentTypeSaysWhatAMessageIs(contentType: String, payload: String, seen: String) async throws {
    #expect(try await outcome("[typeof message, message]", Array(payload.utf8), contentType).text == seen)
  }

  @Test(arguments: ["", "text/plain", bytes])
  func whatIsNotTextIsBytes(contentType: String) async throws {
    let outcome = try await outcome("[message instanceof Uint8Array, [...message]]", [0x7B, 0xFF, 0x00], contentType)
    #expect(outcome.text == "[true,[123,255,0]]")
  }

  /// Of a message that came as JSON.
  @Test(arguments: [
    ("({ a: [message.n, null] })", LogicOutcome.text(#"{"a":[1,null]}"#)),
    ("[message.n, 'ä']", .text(#"[1,"ä"]"#)),
    ("1.5", .text("1.5")),
    ("'words'", .text("words", contentType: text)),
    ("''", .text("", contentType: text)),
    (#"'a\ud800b\udc00 \ud83d\ude00'"#, .text("a\u{FFFD}b\u{FFFD} \u{1F600}", contentType: text)),
    (#"'{"b":2}'"#, .text(#"{"b":2}"#)),
    ("new Uint8Array([0, 255])", .replace(payload: [0, 255], contentType: bytes)),
    ("new Uint8Array([1, 2, 3, 4]).subarray(1, 3)", .replace(payload: [2, 3], contentType: bytes)),
    ("new Uint8Array([1, 2]).buffer", .replace(payload: [1, 2], contentType: bytes)),
    ("new ArrayBuffer(0)", .replace(payload: [], contentType: bytes)),
    ("true", .pass),
    ("false", .drop),
    ("null", .drop),
    ("undefined", .drop),
    ("Promise.resolve([message.n])", .text("[1]")),
    ("(async () => { await null; return 'late'; })()", .text("late", contentType: text)),
    ("(async () => true)()", .pass),
    ("(async () => {})()", .drop),
    ("message", .text(#"{"n":1}"#)),
  ])
  func whatIsReturnedGoesOn(expression: String, expected: LogicOutcome) async throws {
    #expect(try await outcome(expression, Array(#"{"n": 1}"#.utf8), Self.json) == expected)
  }

  /// Of a message that came as text, or as bytes.
  @Test(arguments: [
    ("({ n: message.length })", LogicOutcome.text(#"{"n":2}"#, contentType: json)),
    ("2", .text("2", contentType: json)),
    ("message + '!'", .text("hi!")),
    ("new Uint8Array([1])", .replace(payload: [1])),
    ("true", .pass),
  ])
  func theMediaTypeChangesWithTheKind(expression: String, expected: LogicOutcome) async throws {
    #expect(try await outcome(expression, Array("hi".utf8), "text/csv") == expected)
  }

  @Test(arguments: [
    ("(context.contentType = 'text/csv', 'a;b')", LogicOutcome.text("a;b", contentType: "text/csv")),
    ("(context.contentType = 'image/png', new Uint8Array([1]))", .replace(payload: [1], contentType: "image/png")),
    ("(context.contentType = 'application/x+json', {})", .text("{}", contentType: "application/x+json")),
    ("(context.contentType = 'a/b', context.contentType = 'c/d', [context.contentType])", .text(#"["c/d"]"#, contentType: "c/d")),
    ("(context.contentType = 'text/csv', true)", .text(#"{"n": 1}"#, contentType: "text/csv")),
    ("(context.contentType = 'text/csv', false)", .drop),
  ])
  func theMediaTypeCanBeChosen(expression: String, expected: LogicOutcome) async throws {
    #expect(try await outcome(expression, Array(#"{"n": 1}"#.utf8), Self.json) == expected)
  }

  @Test(arguments: [("7", "must be a string"), ("'text/schön'", "ASCII"), ("'x'.repeat(257)", "limit")])
  func whatIsNoMediaTypeIsRefused(value: String, words: String) async throws {
    let error = await #expect(throws: LogicError.self) { try await outcome("(context.contentType = \(value), 'x')", [], "") }
    #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("context.contentType", #"["text/csv"]"#),
    ("context.text()", #"["hi"]"#),
    ("[...context.bytes()]", "[[104,105]]"),
    ("context.bytes() instanceof Uint8Array", "[true]"),
    ("(context.bytes()[0] = 0, context.text())", #"["hi"]"#),
    ("context.headers.get('x-EVENT')", #"["push"]"#),
    ("context.headers.get('x-none') === undefined", "[true]"),
    ("context.headers.has('X-Event'), context.headers.has('x-none')", "[true,false]"),
    ("context.headers.entries()", #"[[["X-Event","push"]]]"#),
    ("context.settings", "[{}]"),
  ])
  func theContextAnswers(expression: String, answer: String) async throws {
    #expect(try await outcome("[\(expression)]", Array("hi".utf8), "text/csv").text == answer)
  }

  @Test func whatIsBesideTheLanguageIsThere() async throws {
    let expression =
      "(async () => { const seen = [atob(btoa('ÿ'))]; queueMicrotask(() => seen.push('later')); await null; return seen; })()"
    #expect(try await outcome(expression, [], "").text == #"["ÿ","later"]"#)
  }

  @Test func bytesThatAreNoTextAreOnlyBytes() async throws {
    #expect(try await outcome("context.bytes()", [0xFF, 0x00], Self.bytes) == .replace(payload: [0xFF, 0x00]))
    let error = await #expect(throws: LogicError.self) { try await outcome("context.text()", [0xFF, 0x00], Self.bytes) }
    #expect(error?.message.contains("context.bytes()") == true)
  }

  /// The context of one message tells nothing of another, and holds nothing.
  @Test func theContextIsTheMessagesOwn() async throws {
    let workshop = try Workshop()
    let script = """
      export function process(message: any, context: any): any {
        if (message === "first") { context.contentType = "text/csv"; return "a;b"; }
        try { context.kept = message; } catch (error) { return [context.contentType, (error as Error).name, context.kept ?? null]; }
      }
      """
    let node = try await workshop.node(workshop.step(script: script))
    #expect(try await node.process(Message(#""first""#)) == .text("a;b", contentType: "text/csv"))
    #expect(try await node.process(Message(#""second""#)) == .text(#"["application/json","TypeError",null]"#))
  }
}
