import RopewalkConnector
import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

/// Messages 0 to 8 of a customer with the keys 0, 1, 2 in turn; the first attempt of message 0 fails.
@Suite(.takesTurns) struct OrderingTests {
  private let clock = VirtualClock(autoAdvances: true)

  private func keyed(_ count: Int, customer: String = "acme") -> [Message] {
    (0..<count).map { number in
      var message = message("\(customer)-\(number)", customer: customer, payload: #"{"order":{"id":\#(number % 3)}}"#)
      message.headers["Key"] = "\(number % 3)"
      return message
    }
  }

  private func run(_ ordering: Ordering, _ key: OrderingKey?, error: ConnectionError? = nil) async throws -> FaultInjectingConnection {
    let error = error ?? ConnectionError(.sendFailed, "not now", recoverable: true)
    let node = FaultInjectingConnection(clock: clock) { (message, attempt) throws(ConnectionError) in
      if message.id == "acme-0", attempt == 1 { throw error }
    }
    let sources = [ListSource(keyed(9), clock: clock), ListSource(messages(3, customer: "other"), clock: clock)]
    var harness = Harness(clock: clock, sources: sources, destinations: [.init(name: "a", node: node)])
    (harness.ordering, harness.orderingKey) = (ordering, key)
    try await harness.runToTheEnd()
    return node
  }

  private func delivered(_ node: FaultInjectingConnection, _ customer: String = "acme") -> [String] {
    node.delivered.map(\.id).filter { $0.hasPrefix(customer) }
  }

  @Test func withoutAnOrderARetryIsOvertaken() async throws {
    let node = try await run(.none, nil)
    #expect(delivered(node).last == "acme-0")
    #expect(node.attempts.dropLast().allSatisfy { $0.time == .zero })
  }

  @Test func laterMessagesOfACustomerWaitForTheRetry() async throws {
    let node = try await run(.key, nil)
    #expect(delivered(node) == keyed(9).map(\.id))
    #expect(node.attempts.filter { $0.message.metadata.customerID == "other" }.allSatisfy { $0.time == .zero })
  }

  @Test(arguments: [OrderingKey.header("key"), .pointer(JSONPointer("/order/id")!)])
  func otherKeysGoOn(key: OrderingKey) async throws {
    let node = try await run(.key, key)
    // The other customer's source may begin later.
    #expect(delivered(node).suffix(3) == ["acme-0", "acme-3", "acme-6"])
    #expect(delivered(node).filter { ["acme-1", "acme-4", "acme-7"].contains($0) } == ["acme-1", "acme-4", "acme-7"])
  }

  @Test func strictLetsNothingOvertake() async throws {
    let node = try await run(.strict, nil)
    #expect(delivered(node) == keyed(9).map(\.id))
    #expect(node.mostRunning == 1)
    let first = try #require(node.attempts.firstIndex { !$0.succeeded })
    #expect(node.attempts[(first + 1)...].allSatisfy { $0.time >= .seconds(1) })
  }

  @Test(arguments: [Ordering.key, .strict])
  func aDeadLetterLetsTheNextGo(ordering: Ordering) async throws {
    let node = try await run(ordering, nil, error: ConnectionError(.rejected, "400"))
    #expect(delivered(node) == keyed(9).dropFirst().map(\.id))
    #expect(node.attempts.allSatisfy { $0.time == .zero })
  }

  @Test func aPointerFindsItsWay() throws {
    let json = try JSON.parse(#"{"a/b":{"m~n":[1,{"id":"x"}]},"n":null}"#)
    func value(_ text: String) -> JSON? { JSONPointer(text)?.value(in: json) }
    #expect(value("/a~1b/m~0n/1/id") == "x")
    #expect(value("/a~1b/m~0n/2") == nil)
    #expect(value("/missing/id") == nil)
    for text in ["", "a", "/a~2", "/a~"] { #expect(JSONPointer(text) == nil) }
    func key(_ payload: String) -> String { OrderingKey.pointer(JSONPointer("/id")!).key(of: message("m", payload: payload)) }
    #expect(key(#"{"id":"x"}"#) == "x")
    #expect(key(#"{"id":7}"#) == "7")
    #expect(key(#"{"id":null}"#).isEmpty && key("no JSON").isEmpty)
  }
}
