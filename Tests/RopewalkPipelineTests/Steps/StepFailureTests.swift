import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct StepFailureTests {
  private static let refused = LogicError(
    ErrorCode("step.raised", .rejected),
    "amount is missing",
    guestCode: "NO_AMOUNT",
    backtrace: ["process (invoice.ts:4:9)"]
  )

  @Test func aFailedStepIsOneDeadLetterForAllDestinations() async throws {
    let change = FaultInjectingLogic { (_, _) throws(LogicError) in .replace(payload: [0xFF, 0x00], contentType: "application/cbor") }
    let fail = FaultInjectingLogic { (_, _) throws(LogicError) in throw Self.refused }
    let destinations = [FaultInjectingConnection(), FaultInjectingConnection()]
    let harness = Harness(
      sources: [ListSource([message("m1")])],
      steps: [("change", change), ("check", fail)],
      destinations: [.init(name: "a", node: destinations[0]), .init(name: "b", node: destinations[1])]
    )
    let snapshot = try await harness.runToTheEnd()
    #expect(snapshot.total.deadLettered == 2)
    #expect(destinations.allSatisfy { $0.attempts.isEmpty })
    #expect(try await harness.letters.count == 1)
    let letter = try #require(try await harness.letters.first)
    #expect((letter.stage, letter.code, letter.guestCode) == ("check", "step.raised", "NO_AMOUNT"))
    #expect(letter.destinations == ["a", "b"])
    #expect((letter.messageID, letter.integration, letter.customer, letter.tenant) == ("m1", "orders", "acme", "tenant-1"))
    #expect(letter.backtrace == ["process (invoice.ts:4:9)"])
    #expect(letter.payload == [0xFF, 0x00])
    #expect(letter.contentType == "application/cbor")
    #expect(letter.originalPayload == Array("hello".utf8))
    #expect(letter.originalContentType == "text/plain")
    #expect(letter.attempts.count == 1)
    #expect(harness.settled.all.map(\.outcome) == [.deadLettered, .deadLettered])
  }

  @Test(arguments: [
    (ErrorCode("step.full", .overloaded), 4), (ErrorCode("step.away", .unavailable), 4), (ErrorCode("step.timeout", .timeout), 1),
    (ErrorCode("step.trap", .fault), 1), (ErrorCode("step.raised", .rejected), 1),
  ])
  func onlyWhatMaySucceedLaterIsTriedAgain(code: ErrorCode, attempts: Int) async throws {
    let clock = VirtualClock(autoAdvances: true)
    let step = FaultInjectingLogic { (_, _) throws(LogicError) in throw LogicError(code, "no") }
    var harness = Harness(clock: clock, sources: [ListSource([message("m1")], clock: clock)], steps: [("s", step)])
    harness.destinations = [.init(name: "a", node: FaultInjectingConnection())]
    let snapshot = try await harness.runToTheEnd()
    #expect(step.seen.count == attempts)
    #expect(snapshot.total.deadLettered == 1)
    #expect(snapshot.total.retries == attempts - 1)
    #expect(try await harness.letters.first?.attempts.count == attempts)
  }

  @Test func aRetriedStepKeepsItsCustomersOrderAndDelaysNoOther() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let first = FaultInjectingLogic()
    let step = FaultInjectingLogic { (message, attempt) throws(LogicError) in
      if message.id == "slow-0", attempt <= 2 { throw LogicError(ErrorCode("step.full", .overloaded), "full") }
      return .pass
    }
    let node = FaultInjectingConnection(clock: clock)
    var harness = Harness(clock: clock, steps: [("first", first), ("s", step)])
    harness.runLimits.stepRetryPolicy.jitter = 0
    harness.sources = [ListSource(messages(5, customer: "slow") + messages(5), clock: clock)]
    harness.destinations = [.init(name: "a", node: node, maxInFlight: 1)]
    try await harness.runToTheEnd()
    #expect(node.delivered.map(\.id) == messages(5).map(\.id) + messages(5, customer: "slow").map(\.id))
    #expect(node.attempts.prefix(5).allSatisfy { $0.time == .zero })
    #expect(node.attempts.dropFirst(5).allSatisfy { $0.time == .seconds(3) })
    // The step before the one that failed is not run again.
    #expect(first.seen.count == 10)
  }
}
