import Testing

@testable import GoPlugin

struct KnockStateMachineTests {
  private let start = ContinuousClock.now
  private let main = KnockStateMachine.Destination(path: "/main", isMain: true)
  private let nine = KnockStateMachine.Destination(path: "/9", isMain: false)

  private func knocks(main: String? = "/main") -> KnockStateMachine {
    KnockStateMachine(main: main, limit: 2, patience: .seconds(5))
  }

  @Test("The stream after a knock is for its number, and those without one are for the main server")
  func order() {
    var knocks = knocks()
    #expect(knocks.destination(now: start) == main)
    #expect(knocks.serves(9, at: "/9", now: start) == false)
    #expect(knocks.knocked(9, now: start) == .admitted)
    #expect(knocks.destination(now: start) == nine)
    #expect(knocks.destination(now: start) == main)
  }

  @Test("A host, which has no main server, takes no stream without a knock")
  func host() {
    var knocks = knocks(main: nil)
    #expect(knocks.destination(now: start) == nil)
  }

  @Test("Who knocks too early is let in when somebody serves, for as long as it waits")
  func early() {
    var knocks = knocks()
    #expect(knocks.knocked(9, now: start) == .kept)
    #expect(knocks.serves(9, at: "/9", now: start + .seconds(4)) == true)
    #expect(knocks.destination(now: start + .seconds(4)) == nine)
    #expect(knocks.knocked(8, now: start) == .kept)
    #expect(knocks.serves(8, at: "/8", now: start + .seconds(5)) == false)
    #expect(knocks.destination(now: start + .seconds(5)) == main)
  }

  @Test("A stream that does not come is not expected for ever, and not once somebody else knocks")
  func late() {
    var knocks = knocks()
    _ = knocks.serves(9, at: "/9", now: start)
    _ = knocks.serves(8, at: "/8", now: start)
    _ = knocks.knocked(8, now: start)
    _ = knocks.knocked(9, now: start + .seconds(4))
    #expect(knocks.destination(now: start + .seconds(8)) == nine)
    _ = knocks.knocked(9, now: start)
    #expect(knocks.destination(now: start + .seconds(5)) == main)
  }

  @Test("A stream for what is served no longer does not go to the main server")
  func stopped() {
    var knocks = knocks()
    _ = knocks.serves(9, at: "/9", now: start)
    _ = knocks.knocked(9, now: start)
    knocks.stopsServing(9)
    #expect(knocks.destination(now: start) == nil)
    #expect(knocks.knocked(9, now: start) == .kept)
  }

  @Test("Too many early knocks are refused until the old ones are forgotten")
  func limit() {
    var knocks = knocks()
    #expect(knocks.knocked(1, now: start) == .kept)
    #expect(knocks.knocked(2, now: start) == .kept)
    #expect(knocks.knocked(2, now: start) == .kept)
    #expect(knocks.knocked(3, now: start) == .refused)
    #expect(knocks.knocked(3, now: start + .seconds(5)) == .kept)
  }
}
