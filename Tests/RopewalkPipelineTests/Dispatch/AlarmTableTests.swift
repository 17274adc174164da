import RopewalkCore
import Testing

@testable import RopewalkPipeline

struct AlarmTableTests {
  /// Takes out what is due by `now`.
  private func due(by now: Duration, in table: inout AlarmTable<[String]>) -> [String] {
    var queue: [String] = []
    while let alarm = table.take(by: now) { alarm.change(&queue) }
    return queue
  }

  @Test func comeByDeadlineAndThenInTheOrderInWhichTheyWereSet() {
    var table = AlarmTable<[String]>()
    for (name, seconds) in [("c", 3), ("a", 1), ("b", 2), ("a2", 1), ("d", 4)] {
      _ = table.set(at: .seconds(seconds), isWide: false) { $0.append(name) }
    }
    #expect(table.next == .seconds(1))
    #expect(due(by: .milliseconds(999), in: &table).isEmpty)
    #expect(due(by: .seconds(3), in: &table) == ["a", "a2", "b", "c"])
    #expect(table.next == .seconds(4))
  }

  @Test func aLaterOneNeedsNoBellOfItsOwn() {
    var table = AlarmTable<[String]>()
    let needs = (1...1000).map { number in table.set(at: .seconds(number), isWide: false) { $0.append("\(number)") } }
    #expect(needs == [true] + [Bool](repeating: false, count: 999))
    _ = due(by: .seconds(1), in: &table)
    #expect(table.rang(.seconds(1)) == .seconds(2))
  }

  @Test func aBellEndsWhereAnotherRingsAsSoon() {
    var table = AlarmTable<[String]>()
    let needs = [5, 2, 3].map { second in table.set(at: .seconds(second), isWide: false) { $0.append("\(second)") } }
    #expect(needs == [true, true, false])
    #expect(due(by: .seconds(2), in: &table) == ["2"])
    #expect(table.rang(.seconds(2)) == .seconds(3))
    #expect(due(by: .seconds(3), in: &table) == ["3"])
    // The alarm of 5 s has had its bell from the beginning.
    #expect(table.rang(.seconds(3)) == nil)
    #expect(due(by: .seconds(5), in: &table) == ["5"])
    #expect(table.rang(.seconds(5)) == nil)
    #expect(table.bells.isEmpty)
  }

  /// As the pool does, with times of waiting like those of retries.
  @Test(arguments: 1...20)
  func everyAlarmRingsWhenItIsDueAndFewBellsAreNeeded(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var table = AlarmTable<[String]>()
    var rung: [Int] = []
    var bells: Set<Duration> = []
    var now = Duration.zero
    for number in 0..<2000 {
      now += .milliseconds(Int.random(in: 0...3, using: &random))
      while let bell = bells.min(), bell <= now {
        bells.remove(bell)
        let names = due(by: bell, in: &table)
        rung += names.compactMap { Int($0) }
        if let next = table.rang(bell) { bells.insert(next) }
      }
      let wait = Duration.milliseconds([100, 200, 400, 800].randomElement(using: &random)! + Int.random(in: 0...50, using: &random))
      if table.set(at: now + wait, isWide: false, { $0.append("\(number)") }) { bells.insert(now + wait) }
      #expect(bells == Set(table.bells))
      let (bell, next) = try (#require(bells.min()), #require(table.next))
      #expect(bell <= next)
      #expect(bells.count <= 8)
    }
    while let bell = bells.min() {
      bells.remove(bell)
      rung += due(by: bell, in: &table).compactMap { Int($0) }
      if let next = table.rang(bell) { bells.insert(next) }
    }
    #expect(rung.sorted() == Array(0..<2000))
  }
}
