import RopewalkCore
import Synchronization
import Testing

@Suite struct VirtualClockTests {
  @Test func wakesSleepersInOrderAsItIsMoved() async throws {
    let clock = VirtualClock()
    let order = Order<Int>()
    try await withThrowingDiscardingTaskGroup { group in
      for seconds in [3, 1, 2] {
        group.addTask {
          try await clock.sleep(for: .seconds(seconds))
          order.append(seconds)
        }
      }
      await clock.waitForSleepers(3)
      for count in 1...3 {
        clock.advance(by: .seconds(1))
        while order.all.count < count { await Task.yield() }
      }
    }
    #expect(order.all == [1, 2, 3])
    #expect(clock.now.offset == .seconds(3))
  }

  @Test func aDeadlineThatHasPassedDoesNotSleep() async throws {
    let clock = VirtualClock()
    clock.advance(by: .seconds(5))
    try await clock.sleep(until: clock.now, tolerance: nil)
    try await clock.sleep(for: .seconds(-1))
  }

  @Test func cancellingWakesAtOnce() async {
    let clock = VirtualClock()
    await withThrowingTaskGroup { group in
      group.addTask { try await clock.sleep(for: .seconds(1)) }
      await clock.waitForSleepers()
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.waitForAll() }
    }
    await withThrowingTaskGroup(of: Void.self) { group in
      group.cancelAll()
      group.addTask { try await clock.sleep(for: .seconds(1)) }
      await #expect(throws: CancellationError.self) { try await group.waitForAll() }
    }
    #expect(clock.now.offset == .zero)
  }

  @Test func advancesByItselfOnlyWhileNobodyWorks() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let stopwatch = Stopwatch(clock)
    clock.beginWork()
    async let slept: Void = stopwatch.sleepAside(for: .seconds(3600))
    await clock.waitForSleepers()
    #expect(stopwatch.elapsed == .zero)
    clock.endWork()
    try await slept
    #expect(stopwatch.elapsed == .seconds(3600))
    #expect(stopwatch.timestamp == clock.epoch.advanced(by: .seconds(3600)))
  }

  @Test func workersWhoSleepTakeTurnsByTheirDeadlines() async throws {
    let clock = VirtualClock(autoAdvances: true)
    let order = Order<String>()
    clock.beginWork()
    try await withThrowingDiscardingTaskGroup { group in
      for (name, interval) in [("a", 2), ("b", 3)] {
        clock.beginWork()
        group.addTask {
          for _ in 1...3 {
            try await clock.sleep(for: .seconds(interval))
            order.append("\(name)\(clock.now.offset.shortText)")
          }
          clock.endWork()
        }
      }
      clock.endWork()
    }
    #expect(order.all.prefix(3) == ["a2s", "b3s", "a4s"])
    #expect(order.all.sorted() == ["a2s", "a4s", "a6s", "b3s", "b6s", "b9s"])
  }

  /// Stood still for ever, within some hundred rounds, when sleepers were woken under the clock's lock.
  @Test(.timeLimit(.minutes(5))) func sleepersMayBeCancelledWhileTheyAreWoken() async {
    for _ in 0..<1000 {
      let clock = VirtualClock()
      let sleepers = (0..<8).map { _ in Task { try? await clock.sleep(for: .seconds(1)) } }
      await clock.waitForSleepers(sleepers.count)
      await withDiscardingTaskGroup { group in
        group.addTask { clock.advance(by: .seconds(1)) }
        group.addTask { for sleeper in sleepers { sleeper.cancel() } }
      }
      for sleeper in sleepers { await sleeper.value }
    }
  }
}

private final class Order<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  var all: [Element] { elements.withLock { $0 } }
  func append(_ element: Element) { elements.withLock { $0.append(element) } }
}
