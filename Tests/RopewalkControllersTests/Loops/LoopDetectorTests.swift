import RopewalkResources
import Testing

@testable import RopewalkControllers

@Suite struct LoopDetectorTests {
  private let key = ResourceKey(ResourceCollection(group: "test.dev", plural: "things"), namespace: "default", name: "one")
  private let limits = LoopDetector.Limits(rounds: 3, pause: .seconds(2), minDelay: .seconds(1), maxDelay: .seconds(4))

  @Test func ownRoundsInARowAreALoopAndWaitLongerEachTime() {
    let detector = Held(LoopDetector(limits: limits))
    #expect(detector.with({ $0.round(of: key, isOwn: true, at: .milliseconds(1)) }) == .fine)
    #expect(detector.with({ $0.round(of: key, isOwn: true, at: .milliseconds(2)) }) == .fine)
    #expect(detector.value.delay(of: key, at: .milliseconds(2)) == nil)
    #expect(detector.with({ $0.round(of: key, isOwn: true, at: .milliseconds(3)) }) == .found(rounds: 3))
    #expect(detector.value.delay(of: key, at: .milliseconds(3)) == .seconds(1))
    var now = Duration.milliseconds(3)
    for (wait, next) in [(1, 2), (2, 4), (4, 4)] as [(Int64, Int64)] {
      now += .seconds(wait)
      #expect(detector.with({ $0.round(of: key, isOwn: true, at: now) }) == .goesOn)
      #expect(detector.value.delay(of: key, at: now) == .seconds(next))
    }
    #expect(detector.value.count == 1)
  }

  @Test func aPauseEndsARow() {
    let detector = Held(LoopDetector(limits: limits))
    for round in 0..<100 {
      #expect(detector.with({ $0.round(of: key, isOwn: true, at: .seconds(3 * round)) }) == .fine)
    }
  }

  @Test func aLoopIsOverAfterAPauseBeyondItsDelay() {
    let detector = Held(LoopDetector(limits: limits))
    for _ in 0..<3 { _ = detector.with({ $0.round(of: key, isOwn: true, at: .zero) }) }
    #expect(detector.value.delay(of: key, at: .seconds(4)) == .seconds(1))
    #expect(detector.value.delay(of: key, at: .seconds(5)) == nil)
    #expect(detector.with({ $0.round(of: key, isOwn: false, at: .seconds(5)) }) == .ended)
    #expect(detector.value.isEmpty)
  }

  @Test func roundsThatOthersAskForAreNoLoop() {
    let detector = Held(LoopDetector(limits: limits))
    for _ in 0..<100 { #expect(detector.with({ $0.round(of: key, isOwn: false, at: .zero) }) == .fine) }
    #expect(detector.value.isEmpty)
  }

  @Test func writesAreRememberedUpToALimit() {
    let log = WriteLog()
    for version in 0...WriteLog.capacity { log.note("\(version)") }
    #expect(!log.contains("0"))
    #expect(log.contains("1"))
    #expect(log.contains("\(WriteLog.capacity)"))
  }
}
