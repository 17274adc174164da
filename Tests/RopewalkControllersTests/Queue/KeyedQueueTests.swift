import RopewalkCore
import Testing

@testable import RopewalkControllers

@Suite struct KeyedQueueTests {
  /// Nobody keeps the time here, so the worker that comes finds both keys ready, and the other one sleeps.
  @Test(.timeLimit(.minutes(1))) func keysThatRipenTogetherWakeAWorkerEach() async {
    let clock = VirtualClock()
    let queue = KeyedQueue<String>(stopwatch: Stopwatch(clock))
    for key in ["a", "b"] { queue.add(key, after: .seconds(1)) }
    await withTaskGroup(of: String?.self) { group in
      group.addImmediateTask { await queue.next() }
      clock.advance(by: .seconds(1))
      group.addImmediateTask { await queue.next() }
      var keys: Set<String?> = []
      for await key in group { keys.insert(key) }
      #expect(keys == ["a", "b"])
    }
  }
}
