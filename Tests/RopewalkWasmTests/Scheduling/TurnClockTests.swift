import Testing

@testable import RopewalkWasm

@Suite struct TurnClockTests {
  private func time(_ nanoseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

  /// Once the second booking of a slice, with nothing in it, replaced the first: who loops was charged next to nothing.
  @Test func aSliceThatIsBookedTwiceIsChargedOnceAndWhole() {
    var clock = TurnClock()
    clock.start(at: time(100))
    clock.book(at: time(2100))
    clock.book(at: time(2101))
    #expect(clock.takeCharge() == 2001)
    #expect(clock.takeCharge() == 0)
    #expect(clock.elapsed == 2001)
  }

  @Test func eachSliceIsChargedForItself() {
    var clock = TurnClock()
    var charged: [UInt64] = []
    for slice in 0..<3 as Range<UInt64> {
      // A second passes between the slices.
      clock.start(at: time(slice * 1_000_000_000))
      clock.book(at: time(slice * 1_000_000_000 + 5))
      charged.append(clock.takeCharge())
    }
    #expect(charged == [5, 5, 5])
    #expect(clock.elapsed == 15)
  }

  @Test func waitingCountsAgainstTheTimeoutAndIsNotCharged() {
    var clock = TurnClock()
    clock.start(at: time(0))
    clock.book(at: time(7))
    clock.wait(1000)
    #expect(clock.takeCharge() == 7)
    #expect(clock.elapsed == 1007)
  }

  @Test func theEndIsWhereTheTimeLeftEnds() {
    var clock = TurnClock()
    clock.start(at: time(100))
    #expect(clock.end(of: 50) == time(150))
    clock.book(at: time(110))
    clock.wait(30)
    clock.start(at: time(1000))
    #expect(clock.end(of: 50) == time(1010))
    #expect(clock.end(of: 20) == time(1000))
    #expect(clock.end(of: .max) == time(.max))
  }

  @Test func aClockThatGoesBackBooksNothing() {
    var clock = TurnClock()
    clock.start(at: time(100))
    clock.book(at: time(50))
    #expect(clock.takeCharge() == 0)
    #expect(clock.elapsed == 0)
  }
}
