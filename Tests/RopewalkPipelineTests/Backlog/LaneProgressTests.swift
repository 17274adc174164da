import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct LaneProgressTests {
  private func at(_ position: UInt64) -> JournalPosition { JournalPosition(position) }

  @Test func fallsBehindAndCatchesUp() {
    var lane = LaneProgress()
    #expect(lane.offer(at(1), hasRoom: true) == true)
    #expect(lane.offer(at(2), hasRoom: false) == false)
    #expect(lane.offer(at(3), hasRoom: true) == false)
    #expect(lane.isBehind && lane.hasMore)
    #expect(lane.through == at(1))
    lane.take(at(2))
    // Another one came while that page was read.
    lane.reachedEnd(noted: at(2))
    #expect(lane.isBehind)
    lane.take(at(3))
    lane.reachedEnd(noted: at(3))
    #expect(!lane.isBehind)
    #expect(lane.offer(at(4), hasRoom: true) == true)
  }

  @Test func oneThatReadersHaveGonePastGoesOnAtOnce() {
    var lane = LaneProgress()
    #expect(lane.offer(at(5), hasRoom: true) == true)
    #expect(lane.offer(at(6), hasRoom: false) == false)
    #expect(lane.offer(at(4), hasRoom: false) == true)
    #expect(lane.offer(at(7), hasRoom: true) == false)
  }

  @Test func whatAnEarlierRunLeftIsReadToItsEnd() {
    var lane = LaneProgress(isBehind: true)
    #expect(lane.hasMore)
    lane.take(at(9))
    #expect(lane.hasMore)
    lane.reachedEnd(noted: at(0))
    #expect(!lane.isBehind)
  }

  @Test func whatSomeoneElseSettledIsNotWaitedFor() {
    var lane = LaneProgress()
    #expect(lane.offer(at(3), hasRoom: false) == false)
    lane.reachedEnd(noted: at(3))
    #expect(!lane.isBehind && lane.through == at(3))
  }

  @Test func nothingBeyondAnAppendUnderWayIsDecided() {
    var horizon = AppendHorizon()
    #expect(horizon.decided == at(.max))
    let first = horizon.begin()
    #expect(horizon.decided == at(0))
    let second = horizon.begin()
    horizon.end(second, at: at(8))
    #expect(horizon.decided == at(0))
    let third = horizon.begin()
    horizon.end(first, at: nil)
    #expect(horizon.decided == at(8))
    horizon.end(third, at: at(9))
    #expect(horizon.decided == at(.max) && !horizon.isPending)
  }
}
