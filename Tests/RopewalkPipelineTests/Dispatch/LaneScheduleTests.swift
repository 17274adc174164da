import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct LaneScheduleTests {
  @Test func aHeldLaneIsNotGivenToAnother() {
    var schedule = LaneSchedule<Int>()
    for number in 1...3 { schedule.append(number, for: "a") }
    let turn = schedule.next()
    #expect((turn?.customer, turn?.element) == ("a", 1))
    #expect(!schedule.hasWork)
    #expect(schedule.next() == nil)
    #expect(schedule.next(of: "a") == 2)
    schedule.append(4, for: "a")
    #expect(!schedule.hasWork)
    #expect(schedule.next(of: "a") == 3)
    #expect(schedule.next(of: "a") == 4)
    #expect(schedule.next(of: "a") == nil)
    #expect(schedule.isEmpty)
    #expect(schedule.next(of: "a") == nil)
  }

  @Test func lanesTakeTurns() {
    var schedule = LaneSchedule<Int>()
    for number in 1...2 { for customer in ["a", "b", "c"] { schedule.append(number, for: customer) } }
    var order: [String] = []
    while let turn = schedule.next() {
      order.append("\(turn.customer)\(turn.element)")
      schedule.release(turn.customer)
    }
    #expect(order == ["a1", "b1", "c1", "a2", "b2", "c2"])
    #expect(schedule.isEmpty)
  }

  @Test func whatIsTriedAgainComesFirstInItsLane() {
    var schedule = LaneSchedule<Int>()
    for number in 1...2 { schedule.append(number, for: "a") }
    schedule.append(1, for: "b")
    let turn = schedule.next()
    schedule.append(3, for: "a")
    #expect(schedule.next()?.customer == "b")
    #expect(!schedule.hasWork)
    schedule.resume("a", with: turn?.element ?? 0)
    #expect(schedule.next()?.element == 1)
    #expect((schedule.next(of: "a"), schedule.next(of: "a"), schedule.next(of: "a")) == (2, 3, nil))
    schedule.release("nobody")
    schedule.resume("nobody", with: 1)
    #expect(!schedule.hasWork)
  }
}

@Suite(.takesTurns) struct DeliveryQueueTests {
  @Test func customersTakeTurnsWhateverTheyHaveWaiting() {
    var queue = DeliveryQueue()
    for number in 0..<4 { queue.append(delivery("flood-\(number)", "flood")) }
    for customer in ["b", "c"] { for number in 0..<2 { queue.append(delivery("\(customer)-\(number)", customer)) } }
    var order: [String] = []
    while let next = queue.next() { order.append(next.delivery.message.id) }
    #expect(order == ["flood-0", "b-0", "c-0", "flood-1", "b-1", "c-1", "flood-2", "flood-3"])
    #expect(!queue.hasWork)
  }

  /// Whatever its customer has waiting, or gets meanwhile.
  @Test func strictLetsNobodyGetBetweenTheAttemptsOfOne() throws {
    var queue = DeliveryQueue(ordering: .strict)
    for number in 0..<2 { queue.append(delivery("a-\(number)", "a")) }
    queue.append(delivery("b-0", "b"))
    let next = queue.next()
    let first = try #require(next)
    queue.finished(first)
    queue.append(delivery("a-2", "a"))
    #expect(!queue.hasWork)
    queue.putBack(first.delivery)
    var order: [String] = []
    while let next = queue.next() {
      order.append(next.delivery.message.id)
      queue.ended(next.delivery)
      queue.finished(next)
    }
    #expect(order == ["a-0", "b-0", "a-1", "a-2"])
  }

  private func delivery(_ id: String, _ customer: String) -> Delivery {
    let message = Message(id: id, payload: [], metadata: MessageMetadata(customerID: customer))
    let accepted = AcceptedMessage(
      position: JournalPosition(1),
      original: message,
      destinations: [0],
      openPairs: 1,
      acceptedAt: .zero,
      lane: CustomerLane(customer: customer, tally: Tally(), destinationCount: 1, now: .zero),
      size: 0
    )
    return Delivery(accepted: accepted, message: message)
  }
}
