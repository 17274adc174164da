import Testing

@testable import RopewalkWasm

struct ControllerBreakerTests {
  private func broken(_ failures: Int, at now: Duration = .zero) -> ControllerBreaker {
    var breaker = ControllerBreaker()
    for _ in 0..<failures { breaker.failed("it broke", at: now) }
    return breaker
  }

  @Test func aFewFailuresChangeNothing() {
    var breaker = broken(4)
    #expect(!breaker.isOpen)
    #expect(breaker.admit(at: .zero) == nil)
  }

  @Test func aSuccessForgetsFailures() {
    var breaker = broken(4)
    breaker.succeeded()
    breaker.failed("again", at: .zero)
    #expect(!breaker.isOpen)
  }

  @Test func itRestsAndThenTriesOne() {
    var breaker = broken(5)
    #expect(breaker.isOpen)
    #expect(breaker.admit(at: .milliseconds(400)) == .milliseconds(600))
    #expect(breaker.admit(at: .seconds(1)) == nil)
    // The others wait for how that one ends.
    #expect(breaker.admit(at: .seconds(1)) == .seconds(1))
    breaker.succeeded()
    #expect(!breaker.isOpen)
    #expect(breaker.admit(at: .seconds(1)) == nil)
  }

  @Test func restsGrowUpToABound() {
    var breaker = broken(5)
    var now: Duration = .zero
    var rests: [Duration] = []
    for _ in 0..<12 {
      let rest = breaker.admit(at: now) ?? .zero
      rests.append(rest)
      now += rest
      #expect(breaker.admit(at: now) == nil)
      breaker.failed("again", at: now)
    }
    #expect(rests.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
    #expect(rests.last == .seconds(300))
  }
}
