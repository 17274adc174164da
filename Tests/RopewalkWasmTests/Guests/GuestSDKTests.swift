import Logging
import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Synchronization
import SystemPackage
import Testing

@testable import RopewalkWasm

/// Every function of the SDKs, asked for in every language: they answer alike.
@Suite(.takesTurns, .enabled(if: !PeerGuest.built.isEmpty, "run scripts/build-guests: no guest of Tests/GuestPeer is built"))
struct GuestSDKTests {
  /// What the module imports, without which it is refused.
  private static let imported: Set<Capability> = [.log, .transform, .validate, .httpCall]
  private static let all = imported.union([.getCustomerID, .getIntegrationID, .getMessageMetadata, .raiseError])

  private func node(
    _ guest: PeerGuest,
    in workshop: Workshop,
    granted: Set<Capability> = all,
    limits: LogicLimits = LogicLimits()
  ) async throws -> WasmLogicNode {
    var step = workshop.step(script: "")
    step.logic = .file(guest.module.string)
    step.folder = guest.module.removingLastComponent().string
    step.capabilities = granted
    step.limits = limits
    step.settings = ["currency": "EUR", "rates": [1, 2]]
    return try await workshop.node(step)
  }

  private func ask(_ node: WasmLogicNode, _ question: String...) async throws -> LogicOutcome {
    try await node.process(message(question))
  }

  private func refusal(_ node: WasmLogicNode, _ question: String...) async throws -> LogicError {
    try await #require(throws: LogicError.self, "\(question)") { try await node.process(message(question)) }
  }

  private func message(_ question: [String]) -> Message {
    var message = Message(question.joined(separator: "\n"))
    message.contentType = "text/plain"
    return message
  }

  @Test(arguments: PeerGuest.built)
  func fieldsAreAnswered(_ guest: PeerGuest) async throws {
    let node = try await node(guest, in: Workshop())
    #expect(try await ask(node, "header", "x-EVENT") == .text("push"))
    #expect(try await ask(node, "header", "X-None") == .text("none"))
    #expect(try await ask(node, "headers") == .text(#"[["X-Event","push"]]"#))
    #expect(try await ask(node, "contentType") == .text("text/plain"))
    #expect(try await ask(node, "metadata", "messageID") == .text("m-1"))
    #expect(try await ask(node, "metadata", "traceID") == .text(""))
    #expect(try await ask(node, "metadata", "nonsense") == .text("none"))
    #expect(try JSON.parse(await ask(node, "allMetadata").text)["tenantID"] == "default")
    #expect(try await ask(node, "customerID") == .text("acme"))
    #expect(try await ask(node, "integrationID") == .text("orders"))
    #expect(try await ask(node, "setting", "currency") == .text("EUR"))
    #expect(try await ask(node, "setting", "rates") == .text("[1,2]"))
    #expect(try await ask(node, "setting", "none") == .text("none"))
    #expect(try await ask(node, "settings") == .text(#"{"currency":"EUR","rates":[1,2]}"#))
  }

  @Test(arguments: PeerGuest.built)
  func outcomesAreWhatTheyAreCalled(_ guest: PeerGuest) async throws {
    let node = try await node(guest, in: Workshop())
    #expect(try await ask(node, "replace", "ä") == .text("ä"))
    #expect(try await ask(node, "replace", "") == .text(""))
    #expect(try await ask(node, "replaceAs", "a;b", "text/csv") == .text("a;b", contentType: "text/csv"))
    #expect(try await ask(node, "drop") == .drop)
    for type in ["text/schön", String(repeating: "a", count: 257)] {
      #expect(try await refusal(node, "replaceAs", "x", type).message.contains("printable ASCII"))
    }
    let error = try await refusal(node, "reject", "NO_STOCK", "none is left")
    #expect([error.guestCode, error.message] == ["NO_STOCK", "none is left"])
    #expect(!error.recoverable)
    let passing = try await refusal(node, "rejectForNow", "LATER", "not yet")
    #expect([passing.guestCode, passing.message] == ["LATER", "not yet"])
    #expect(passing.recoverable)
    // What failed leaves nothing behind.
    #expect(try await ask(node, "replace", "next") == .text("next"))
  }

  @Test(arguments: PeerGuest.built)
  func functionsOfTheHostAreCalled(_ guest: PeerGuest) async throws {
    let workshop = try Workshop(level: .trace)
    let node = try await node(guest, in: workshop)
    #expect(try await ask(node, "transform", "base64-encode", "", "héllo") == .text("aMOpbGxv"))
    #expect(try await ask(node, "transform", "csv-to-json", #"{"delimiter":";","header":false}"#, "1;2") == .text(#"[["1","2"]]"#))
    #expect(try await refusal(node, "transform", "base64-encod", "", "x").message.contains("did you mean 'base64-encode'?"))
    #expect(try await ask(node, "validate", #"{"required":["a"]}"#, #"{"a":1}"#) == .text(""))
    let violations = try JSON.parse(await ask(node, "validate", #"{"required":["a"]}"#, "{}").text)
    #expect(violations.array?.map { $0["schema"] } == ["/required"])
    #expect(try await refusal(node, "validate", #"{"type":7}"#, "{}").message.contains("type"))
    let levels: [Logger.Level] = [.trace, .debug, .info, .warning, .error]
    for (number, level) in levels.enumerated() { #expect(try await ask(node, "log", "\(number)", "\(level)") == .pass) }
    let lines = workshop.log.lines.filter { $0.metadata["ropewalk.step"] == "filter-1" }
    #expect(lines.map(\.level) == levels)
    #expect(lines.map(\.message) == levels.map { "\($0)" })
  }

  @Test(arguments: PeerGuest.built)
  func aCallGoesOutAndItsAnswerComesBack(_ guest: PeerGuest) async throws {
    let requests = Mutex<[OutboundHTTP.Request]>([])
    let outbound = OutboundHTTP { request, _ throws(OutboundHTTP.Failure) in
      requests.withLock { $0.append(request) }
      guard request.url != "https://e.com/nowhere" else { throw .init(.stepTimeout, "no answer in time") }
      return .init(status: 201, headers: MessageHeaders([.init(name: "A", value: "1")]), body: Array("ok".utf8))
    }
    let node = try await node(guest, in: Workshop(outbound: outbound))
    let request = #"{"method":"POST","url":"https://e.com/x","headers":{"X-A":"b"},"body":"hi"}"#
    #expect(try await ask(node, "httpCall", request) == .text(#"{"status":201,"headers":{"a":"1"},"body":"ok"}"#))
    let sent = OutboundHTTP.Request(
      method: "POST",
      url: "https://e.com/x",
      headers: MessageHeaders([.init(name: "X-A", value: "b")]),
      body: Array("hi".utf8)
    )
    #expect(requests.withLock { $0 } == [sent])
    #expect(try await refusal(node, "httpCall", #"{"url":"https://e.com/nowhere"}"#).message == "no answer in time [step.timeout]")
    #expect(try await refusal(node, "httpCall", "{}").message.contains("needs a 'url'"))
    let large = #"{"url":"https://e.com/x","body":""# + String(repeating: "a", count: 1 << 20) + #"b"}"#
    let words = "the request is larger than 'http.maxRequestSize' (1Mi) allows; send less, or raise it"
    #expect(try await refusal(node, "httpCall", large).message == words)
  }

  @Test(arguments: PeerGuest.built)
  func whatIsNotGrantedIsDenied(_ guest: PeerGuest) async throws {
    let node = try await node(guest, in: Workshop(), granted: Self.imported)
    for question in [["metadata", "messageID"], ["allMetadata"], ["customerID"], ["integrationID"]] {
      let error = try await #require(throws: LogicError.self, "\(question)") { try await node.process(message(question)) }
      #expect(error.code == .stepDenied, "\(question)")
      #expect(error.message == "the step was not granted the capability", "\(question)")
    }
    let error = try await refusal(node, "reject", "NO_STOCK", "none is left")
    #expect(error.code == .stepRejected)
    #expect([error.guestCode, error.message] == ["", "none is left"])
  }

  @Test(arguments: PeerGuest.built)
  func aPanicHasItsPlace(_ guest: PeerGuest) async throws {
    let node = try await node(guest, in: Workshop())
    let error = try await refusal(node, "panic", "no more rope")
    #expect(error.code == .stepTrap)
    #expect(!error.backtrace.isEmpty && error.backtrace.allSatisfy { !$0.contains("function[") }, "\(error.backtrace)")
    #expect(error.backtrace.contains { $0.contains("process") }, "\(error.backtrace)")
    if guest == .rust { #expect(error.message.contains("lib.rs:") && error.message.contains("no more rope"), "\(error.message)") }
    #expect(try await ask(node, "replace", "next") == .text("next"))
  }

  @Test(arguments: PeerGuest.built)
  func limitsAreTold(_ guest: PeerGuest) async throws {
    let limits = LogicLimits(maxOutputSize: .kibibytes(1))
    let node = try await node(guest, in: Workshop(), limits: limits)
    let large = String(repeating: "x", count: 2000)
    #expect(try await refusal(node, "transform", "base64-encode", "", large).message == "a size limit of the step is reached")
    let error = try await refusal(node, "replace", large)
    #expect(error.code == .stepOutputTooLarge)
    #expect(error.message.contains("maxOutputSize"))
    #expect(try await ask(node, "replace", "next") == .text("next"))
  }
}
