import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct WayOfOneMessageTests {
  @Test func passesThroughStepsToEveryDestination() async throws {
    let (first, second) = (FaultInjectingConnection(), FaultInjectingConnection())
    let upper = FaultInjectingLogic { (message, _) throws(LogicError) in
      .replace(payload: Array(String(decoding: message.payload, as: UTF8.self).uppercased().utf8), contentType: "text/x-loud")
    }
    let look = FaultInjectingLogic()
    let source = ListSource([message("m1")])
    let harness = Harness(
      sources: [source],
      steps: [("upper", upper), ("look", look)],
      destinations: [.init(name: "first", node: first), .init(name: "second", node: second)]
    )
    let snapshot = try await harness.runToTheEnd()

    #expect(source.acceptances == [.accepted])
    let arrived = try #require(first.delivered.first)
    #expect(String(decoding: arrived.payload, as: UTF8.self) == "HELLO")
    #expect(arrived.contentType == "text/x-loud")
    #expect(arrived.headers["x-customer-id"] == "acme")
    #expect(
      arrived.metadata
        == MessageMetadata(
          customerID: "acme",
          tenantID: "tenant-1",
          integrationID: "orders",
          source: "in-0",
          destination: "first",
          correlationID: "m1"
        )
    )
    #expect(second.delivered.map(\.metadata.destination) == ["second"])
    #expect(look.seen.map(\.contentType) == ["text/x-loud"])
    #expect(snapshot.total.messages == 1)
    #expect(snapshot.total.delivered == 2)
    #expect(snapshot.latency.count == 2)
    #expect(harness.settled.all.map(\.outcome) == [.delivered, .delivered])
    #expect(harness.settled.all.map(\.attempts) == [1, 1])
    #expect(upper.wasShutDown && look.wasShutDown)
    #expect(first.calls == .init(connect: 1, disconnect: 1))
  }

  @Test func droppedMessageIsFilteredForEveryDestination() async throws {
    let destinations = ["a", "b"].map { Harness.Target(name: $0, node: FaultInjectingConnection()) }
    let drop = FaultInjectingLogic { (message, _) throws(LogicError) in message.id == "acme-1" ? .drop : .pass }
    let harness = Harness(sources: [ListSource(messages(3))], steps: [("big-only", drop)], destinations: destinations)
    let snapshot = try await harness.runToTheEnd()
    #expect((snapshot.total.delivered, snapshot.total.filtered) == (4, 2))
    let filtered = harness.settled.all.filter { $0.outcome == .filtered }
    #expect(filtered.map(\.destination) == ["a", "b"])
    #expect(filtered.map(\.step) == ["big-only", "big-only"])
    #expect(filtered.map(\.message.id) == ["acme-1", "acme-1"])
  }

  @Test func stepsOfADestinationStandInFrontOfItAlone() async throws {
    let (plain, loud) = (FaultInjectingConnection(), FaultInjectingConnection())
    let step = FaultInjectingLogic { (message, _) throws(LogicError) in
      switch message.id {
      case "acme-0": .replace(payload: Array("changed".utf8))
      case "acme-1": .drop
      default: throw LogicError(ErrorCode("step.broken", .fault), "broken")
      }
    }
    let harness = Harness(
      sources: [ListSource(messages(3))],
      destinations: [.init(name: "plain", node: plain), .init(name: "loud", node: loud, steps: [("own", step)])]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect(plain.delivered.map { String(decoding: $0.payload, as: UTF8.self) } == ["hello", "hello", "hello"])
    #expect(loud.delivered.map { String(decoding: $0.payload, as: UTF8.self) } == ["changed"])
    #expect(step.seen.map(\.metadata.destination) == ["loud", "loud", "loud"])
    #expect((snapshot.total.delivered, snapshot.total.filtered, snapshot.total.deadLettered) == (4, 1, 1))
    let letter = try #require(try await harness.letters.first)
    #expect((letter.destinations, letter.stage, letter.messageID) == (["loud"], "own", "acme-2"))
    #expect(step.wasShutDown)
  }

  @Test func customersMessagesGoThroughStepsInOrderAndOneAtATime() async throws {
    let step = FaultInjectingLogic { (_, _) throws(LogicError) in
      await Task.yield()
      return .pass
    }
    let customers = (0..<20).map { "c\($0)" }
    let sources = customers.map { ListSource(messages(100, customer: $0)) }
    let harness = Harness(sources: sources, steps: [("s", step)], destinations: [.init(name: "a", node: FaultInjectingConnection())])
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.delivered == 2000)
    #expect(step.overlaps == 0)
    let order = Dictionary(grouping: step.seen, by: \.metadata.customerID).mapValues { $0.map(\.id) }
    for customer in customers { #expect(order[customer] == messages(100, customer: customer).map(\.id)) }
  }

  @Test func duplicatesAreAcceptedOnce() async throws {
    let node = FaultInjectingConnection()
    let source = ListSource([message("m1"), message("m1"), message("m1", customer: "other")])
    let harness = Harness(sources: [source], destinations: [.init(name: "a", node: node)])
    let snapshot = try await harness.runToTheEnd()
    #expect(source.acceptances == [.accepted, .duplicate, .accepted])
    #expect(node.delivered.count == 2)
    #expect(snapshot.customers["acme"]?.duplicates == 1)
  }
}
