import RopewalkResources
import Testing

@testable import RopewalkPipeline

@Suite struct AlertStateMachineTests {
  private let rule = AlertSpec(after: 3, within: .seconds(60), remindEvery: .seconds(600), recoveredAfter: .seconds(300))

  @Test func raisesOnceWhenEnoughFailWithinTheWindow() {
    var machine = AlertStateMachine(rule)
    #expect(machine.failed(at: .seconds(0)) == .none)
    #expect(machine.failed(at: .seconds(30)) == .none)
    #expect(machine.failed(at: .seconds(59)) == .raise(count: 3))
    #expect(machine.isStanding)
    for second in 60..<1060 { #expect(machine.failed(at: .seconds(second)) == .none) }
  }

  @Test func failuresThatAreFarApartRaiseNothing() {
    var machine = AlertStateMachine(rule)
    for minute in 0..<100 { #expect(machine.failed(at: .seconds(minute * 30 + minute)) == .none) }
    #expect(!machine.isStanding)
  }

  @Test func aWindowOfOneRaisesAtOnce() {
    var machine = AlertStateMachine(AlertSpec(after: 1))
    #expect(machine.failed(at: .zero) == .raise(count: 1))
  }

  @Test func remindsWithTheCountSinceTheLastNotice() {
    var machine = AlertStateMachine(rule)
    for _ in 0..<3 { _ = machine.failed(at: .zero) }
    for second in stride(from: 10, to: 600, by: 10) { _ = machine.failed(at: .seconds(second)) }
    #expect(machine.passed(to: .seconds(599)) == .none)
    #expect(machine.deadline == .seconds(600))
    #expect(machine.passed(to: .seconds(600)) == .remind(count: 59))
    #expect(machine.passed(to: .seconds(601)) == .none)
    _ = machine.failed(at: .seconds(800))
    // Recovery would come first, were it not for the failure that follows.
    #expect(machine.deadline == .seconds(1100))
    _ = machine.failed(at: .seconds(1050))
    #expect(machine.passed(to: .seconds(1200)) == .remind(count: 2))
  }

  @Test func recoversOnceNothingFails() {
    var machine = AlertStateMachine(rule)
    for _ in 0..<7 { _ = machine.failed(at: .zero) }
    #expect(machine.deadline == .seconds(300))
    #expect(machine.passed(to: .seconds(299)) == .none)
    #expect(machine.passed(to: .seconds(300)) == .recovered(count: 7))
    #expect(machine.isIdle && machine.deadline == nil)
    #expect(machine.passed(to: .seconds(900)) == .none)
    #expect(machine.failed(at: .seconds(900)) == .none)
  }

  @Test func forgetsFailuresThatLedToNothing() {
    var machine = AlertStateMachine(rule)
    _ = machine.failed(at: .seconds(5))
    #expect(machine.deadline == .seconds(65))
    #expect(machine.passed(to: .seconds(65)) == .none)
    #expect(machine.isIdle && machine.deadline == nil)
  }
}
