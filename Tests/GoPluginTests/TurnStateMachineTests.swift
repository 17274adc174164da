import Testing

@testable import GoPlugin

struct TurnStateMachineTests {
  @Test("One has its turn, the others wait in the order in which they came")
  func order() {
    var turns = TurnStateMachine<String>()
    #expect(turns.ask(as: "one", key: 1) == true)
    #expect(turns.ask(as: "two", key: 2) == false)
    #expect(turns.ask(as: "three", key: 3) == false)
    #expect(turns.end() == "two")
    #expect(turns.end() == "three")
    #expect(turns.end() == nil)
    #expect(turns.ask(as: "four", key: 4) == true)
  }

  @Test("So many have their turns at once, and each place goes to the next")
  func several() {
    var turns = TurnStateMachine<String>(atOnce: 2)
    #expect(turns.ask(as: "one", key: 1) == true)
    #expect(turns.ask(as: "two", key: 2) == true)
    #expect(turns.ask(as: "three", key: 3) == false)
    #expect(turns.end() == "three")
    #expect(turns.end() == nil)
    #expect(turns.ask(as: "four", key: 4) == true)
    #expect(turns.ask(as: "five", key: 5) == false)
  }

  @Test("Whoever waits no longer gets no turn, and is told once")
  func leaves() {
    var turns = TurnStateMachine<String>()
    _ = turns.ask(as: "one", key: 1)
    _ = turns.ask(as: "two", key: 2)
    _ = turns.ask(as: "three", key: 3)
    #expect(turns.stopsWaiting(1) == nil)
    #expect(turns.stopsWaiting(2) == "two")
    #expect(turns.stopsWaiting(2) == nil)
    #expect(turns.end() == "three")
  }
}
