import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import SystemPackage
import Testing

@testable import RopewalkWasm

/// The same filter in every language, as Examples/logic has it: orders whose `amount` is over 1,000 pass.
@Suite(.takesTurns, .enabled(if: !ExampleGuest.built.isEmpty, "run scripts/build-guests: no example guest is built"))
struct GuestExampleTests {
  static let passing = [
    #"{"amount":1500}"#,
    #"{"amount": 1000.01}"#,
    #"{"amount":1e4}"#,
    #"{"lines":[{"amount":5}],"amount":2000}"#,
    #"{"note":"amount","amount":1001}"#,
    #"{"am\u006funt":1001}"#,
    #"{"amount":1,"amount":1500}"#,
    " \n\t{\"x\":null,\"y\":true,\"z\":false,\"amount\":1.5E+3}\r\n",
    #"{"ä":"ö\ud83d\ude00\\\"\/","k":[[[[]]],{}],"amount":1001}"#,
  ]

  static let dropped = [
    #"{"amount":1000}"#,
    #"{"amount":-5000}"#,
    #"{"lines":[{"amount":5000}],"amount":10}"#,
    #"{"order":{"amount":5000}}"#,
    #"{"note":"\"amount\": 5000"}"#,
    #"{"amount":"1500"}"#,
    #"{"amount":1500,"amount":1}"#,
    #"{"amount\u0000":1500}"#,
    #"{"Amount":1500}"#,
    #"[{"amount":1500}]"#,
    "1500", "null", "{}",
  ]

  static let malformed = [
    "", " ", "{", #"{"amount":1500"#, #"{"amount":1500}}"#, #"{"amount":01}"#, #"{"amount":1.}"#, #"{"amount":1500,}"#,
    "{amount:1500}", "[1,]", #"{"a":"\x"}"#, #"{"a":"\u12"#, "{\"a\":\"\t\"}", "nul", "-", "{\"amount\":1500}\0",
  ]

  let workshop: Workshop

  init() throws {
    workshop = try Workshop()
  }

  private func node(_ language: ExampleGuest, granted: Set<Capability> = [.raiseError]) async throws -> WasmLogicNode {
    var step = workshop.step(script: "") { $0.capabilities = granted }
    step.logic = .file(language.logic.string)
    step.folder = language.logic.removingLastComponent().string
    return try await workshop.node(step)
  }

  @Test(arguments: ExampleGuest.built)
  func bigOrdersPass(_ language: ExampleGuest) async throws {
    let node = try await node(language)
    for order in Self.passing { #expect(try await node.process(Message(order)) == .pass, "\(order)") }
  }

  @Test(arguments: ExampleGuest.built)
  func othersAreDropped(_ language: ExampleGuest) async throws {
    let node = try await node(language)
    for order in Self.dropped { #expect(try await node.process(Message(order)) == .drop, "\(order)") }
  }

  @Test(arguments: ExampleGuest.built)
  func whatIsNotJSONFails(_ language: ExampleGuest) async throws {
    let node = try await node(language)
    for order in Self.malformed {
      var message = Message(order)
      // What is called JSON and is none, the JavaScript engine fails before the script sees it.
      if language == .typescript { message.contentType = "" }
      let error = try await #require(throws: LogicError.self, "\(order)") { try await node.process(message) }
      #expect(error.code == .stepRejected)
      #expect(error.guestCode == "NOT_JSON")
      #expect(error.message.contains("the order is not JSON"))
      #expect(!error.recoverable)
    }
    #expect(try await node.process(Message(#"{"amount":1500}"#)) == .pass)
  }

  /// The engine's own `JSON.parse` throws a `RangeError`, which the example takes for what it is; the others count.
  @Test(arguments: ExampleGuest.built)
  func whatIsNestedTooDeeplyFails(_ language: ExampleGuest) async throws {
    let node = try await node(language)
    let brackets = String(repeating: "[", count: 100_000)
    for order in [brackets, #"{"x":"# + brackets + String(repeating: "]", count: 100_000) + "}"] {
      var message = Message(order)
      message.contentType = ""
      let error = try await #require(throws: LogicError.self) { try await node.process(message) }
      #expect(error.code == .stepRejected)
      #expect(!error.recoverable)
    }
    #expect(try await node.process(Message(#"{"amount":1500}"#)) == .pass)
  }

  /// Without `RaiseError` a message fails all the same, only the code is left out.
  @Test(arguments: ExampleGuest.built.filter { $0 != .typescript })
  func theCodeNeedsACapability(_ language: ExampleGuest) async throws {
    let node = try await node(language, granted: [])
    let error = try await #require(throws: LogicError.self) { try await node.process(Message("{")) }
    #expect(error.guestCode == "")
    #expect(error.message == "the order is not JSON")
  }

  @Test(arguments: ExampleGuest.built.filter { $0 != .typescript })
  func aLargeOrderLeavesNothingBehind(_ language: ExampleGuest) async throws {
    let node = try await node(language)
    let padding = String(repeating: "x", count: 2 << 20)
    #expect(try await node.process(Message(#"{"padding":"\#(padding)","amount":2000}"#)) == .pass)
    #expect(try await node.process(Message(#"{"amount":1}"#)) == .drop)
    await #expect(throws: LogicError.self) { try await node.process(Message("")) }
  }
}
