import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct SettleRateTests {
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
