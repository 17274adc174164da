import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct AdmissionStateMachineTests {
  @Test func boundsCustomersAndTheWhole() {
    var machine = AdmissionStateMachine(limits: PipelineLimits(queuePerCustomer: 2, queue: 3))
    #expect(machine.admit("a", at: .zero) == .admitted)
    #expect(machine.admit("a", at: .zero) == .admitted)
    #expect(machine.admit("a", at: .zero) == .customerFull(retryAfter: .seconds(10)))
    #expect(machine.admit("b", at: .zero) == .admitted)
    #expect(machine.admit("c", at: .zero) == .full(retryAfter: .seconds(10)))
    #expect(machine.release("a", at: .zero) == false)
    #expect(machine.admit("c", at: .zero) == .admitted)
    #expect(machine.open == 3)
  }

  @Test func isEmptiedOnceAfterClosing() {
    var machine = AdmissionStateMachine(limits: PipelineLimits())
    #expect(machine.admit("a", at: .zero) == .admitted)
    #expect(machine.admit("a", at: .zero) == .admitted)
    #expect(machine.close() == false)
    #expect(machine.admit("a", at: .zero) == .closed)
    #expect(machine.release("a", at: .zero) == false)
    #expect(machine.release("a", at: .zero) == true)
    var empty = AdmissionStateMachine(limits: PipelineLimits())
    #expect(empty.close() == true)
  }

  @Test func recoveredMessagesComeInWhateverTheBounds() {
    var machine = AdmissionStateMachine(limits: PipelineLimits(queuePerCustomer: 1, queue: 1))
    for _ in 0..<3 { machine.admitUnasked("a", at: .zero) }
    #expect(machine.open == 3)
    #expect(machine.admit("b", at: .zero) != .admitted)
  }

  @Test func saysWhenATenthOfTheQueueWillBeFree() {
    var rate = SettleRate(start: .zero)
    #expect(rate.retryAfter(queue: 1000, at: .zero) == .seconds(10))
    // 20 a second: a tenth of 1,000 takes 5 s.
    for number in 1...40 { rate.record(at: .milliseconds(50 * number)) }
    #expect(rate.retryAfter(queue: 1000, at: .seconds(2)) == .seconds(5))
    #expect(rate.retryAfter(queue: 10, at: .seconds(2)) == .seconds(1))
    #expect(rate.retryAfter(queue: 1_000_000, at: .seconds(2)) == .seconds(60))
    // Nothing since: as if it stood still.
    #expect(rate.retryAfter(queue: 1000, at: .seconds(60)) == .seconds(10))
  }
}
