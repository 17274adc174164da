import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns) struct SchedulerStateTests {
  private func use(_ name: String, milliseconds: UInt64 = 1, weight: Int = 100) -> Use {
    Use(customer: CustomerKey(tenantID: "default", customerID: name), weight: weight, nanoseconds: milliseconds * 1_000_000)
  }

  private func wait(_ state: inout SchedulerState<String>, _ name: String) -> SchedulerState<String>.Ticket? {
    guard case .waits(let ticket) = state.acquire(name, of: use(name).customer) else { return nil }
    return ticket
  }

  @Test func givesOutSoManyPermits() {
    var state = SchedulerState<String>(permits: 2)
    #expect(state.tryAcquire() == true)
    #expect(state.tryAcquire() == true)
    #expect(state.tryAcquire() == false)
    #expect(state.running == 2)
    #expect(wait(&state, "c") != nil)
    #expect(state.release(use("a")) == "c")
    #expect(state.release(use("b")) == nil)
    #expect(state.release(use("c")) == nil)
    #expect(state.running == 0)
    #expect(state.tryAcquire() == true)
  }

  @Test func aSliceGoesOnWhenNobodyWaits() {
    var state = SchedulerState<String>(permits: 1)
    _ = state.tryAcquire()
    guard case .goesOn = state.rotate("a", use("a")) else {
      Issue.record("nobody else wants the permit")
      return
    }
    #expect(state.waiting == 0)
  }

  @Test func aSliceEndsWhenAnotherIsBehind() {
    var state = SchedulerState<String>(permits: 1)
    _ = state.tryAcquire()
    _ = wait(&state, "b")
    guard case .waits(let ticket, next: "b") = state.rotate("a", use("a")) else {
      Issue.record("b has used nothing yet")
      return
    }
    #expect(state.waiting == 1)
    #expect(state.cancel(ticket) == "a")
    #expect(state.release(use("b")) == nil)
    #expect(state.running == 0)
  }

  @Test func weightDecidesWhoseSliceIsNext() {
    var state = SchedulerState<String>(permits: 1)
    var running = "a"
    var slices: [String: Int] = [:]
    _ = state.tryAcquire()
    _ = wait(&state, "b")
    for _ in 0..<400 {
      slices[running, default: 0] += 1
      if case .waits(_, let next) = state.rotate(running, use(running, weight: running == "a" ? 100 : 300)) { running = next }
    }
    #expect((97...103).contains(slices["a"] ?? 0))
    #expect((297...303).contains(slices["b"] ?? 0))
  }

  @Test func aCancelledWaiterIsPassedOver() {
    var state = SchedulerState<String>(permits: 1)
    _ = state.tryAcquire()
    guard let ticket = wait(&state, "b") else {
      Issue.record("the permit is out")
      return
    }
    _ = wait(&state, "c")
    #expect(state.cancel(ticket) == "b")
    #expect(state.release(use("a")) == "c")
    #expect(state.cancel(ticket) == nil)
  }
}
