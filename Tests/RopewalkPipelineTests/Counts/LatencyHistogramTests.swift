import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct LatencyHistogramTests {
  @Test func quantilesAreWithinASixteenth() throws {
    var generator = SeededGenerator(seed: 11)
    var histogram = LatencyHistogram()
    var all: [Duration] = []
    for _ in 0..<10_000 {
      let latency = Duration.microseconds(1 << Int.random(in: 0..<28, using: &generator) | Int.random(in: 0..<1 << 20, using: &generator))
      histogram.record(latency)
      all.append(latency)
    }
    all.sort()
    for share in [0.001, 0.01, 0.5, 0.9, 0.99, 0.999, 1] {
      let exact = all[max(0, Int((Double(all.count) * share).rounded(.up)) - 1)].seconds
      let estimate = try #require(histogram.quantile(share)).seconds
      #expect(estimate >= exact && estimate <= exact * (1 + 1.0 / 16) + 2e-6)
    }
    #expect(histogram.max == all.last)
    #expect(histogram.count == 10_000)
  }

  @Test func mergingIsTheSameAsRecordingAll() {
    var (left, right, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
    for number in 0..<1000 {
      let latency = Duration.microseconds(number * number)
      if number % 3 == 0 { left.record(latency) } else { right.record(latency) }
      both.record(latency)
    }
    left.merge(right)
    #expect(left == both)
  }

  @Test func takesWhatIsOutOfRange() {
    var histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == nil)
    for latency in [Duration.seconds(-1), .zero, .nanoseconds(1), .seconds(1 << 40)] { histogram.record(latency) }
    #expect(histogram.count == 4)
    #expect(histogram.quantile(0.5) == .microseconds(1))
    #expect(histogram.quantile(-1) == .microseconds(1))
    #expect(histogram.max == .seconds(1 << 40))
  }

  @Test func customersBeyondTheBoundAreCountedTogether() {
    let counts = PipelineCounts(maxCustomers: 2)
    for customer in ["a", "*", "b", "c", "d", "a"] { counts.tally(for: customer).accepted.count() }
    let snapshot = counts.snapshot(resettingLatency: false)
    #expect(snapshot.customers.mapValues(\.accepted) == ["a": 2, "b": 1, "*": 3])
  }
}
