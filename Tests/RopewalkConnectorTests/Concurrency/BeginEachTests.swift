import Synchronization
import Testing

@testable import RopewalkConnector

struct BeginEachTests {
  /// Begins `body` for 0 to 99, calls `meanwhile` when all are begun, and returns when all have ended: in how many tasks.
  @discardableResult
  private static func run(_ body: @escaping @Sendable (Int) async -> Void, meanwhile: () -> Void = {}) async -> Int {
    await withDiscardingTaskGroup(returning: Int.self) { group in
      var tasks = 0
      beginEach(
        Array(0..<100),
        addImmediateTask: { task in
          tasks += 1
          group.addImmediateTask { await task() }
        },
        body
      )
      meanwhile()
      return tasks
    }
  }

  @Test("Each is begun in its turn, whoever waits")
  func order() async {
    let begun = Mutex<[Int]>([])
    let ended = Mutex<Set<Int>>([])
    let gate = Eventually<Void>()
    let tasks = await Self.run { element in
      begun.withLock { $0.append(element) }
      if element % 7 == 0 { await gate.value() }
      ended.withLock { _ = $0.insert(element) }
    } meanwhile: {
      #expect(begun.withLock(\.self) == Array(0..<100))
      #expect(ended.withLock(\.self) == Set((0..<100).filter { $0 % 7 != 0 }))
      gate.set(())
    }
    #expect(ended.withLock(\.self).count == 100)
    // One for each of the 15 that wait, and what comes behind such a one is in the next one's.
    #expect(tasks == 16)
  }

  @Test("What does not wait shares a task, and what waits has one of its own")
  func tasks() async {
    let shared = await Self.run { _ in }
    #expect(shared == 1)

    let gate = Eventually<Void>()
    let own = await Self.run { _ in
      await gate.value()
    } meanwhile: {
      gate.set(())
    }
    #expect(own == 100)
  }

  @Test("An element whose task is cancelled leaves the others alone")
  func cancelled() async {
    let cancelled = Mutex<[Int]>([])
    await Self.run { element in
      if Task.isCancelled { cancelled.withLock { $0.append(element) } }
      if element == 3 { RunningTask.current.cancel() }
    }
    #expect(cancelled.withLock(\.self).isEmpty)
  }

  @Test("What is done with is kept by nobody while another one waits")
  func release() async {
    final class Payload: Sendable {}
    let gate = Eventually<Void>()
    await withDiscardingTaskGroup { group in
      weak var first: Payload?
      do {
        let elements = [Payload(), Payload()]
        first = elements[0]
        let last = ObjectIdentifier(elements[1])
        beginEach(elements, addImmediateTask: { task in group.addImmediateTask { await task() } }) { payload in
          if ObjectIdentifier(payload) == last { await gate.value() }
        }
      }
      #expect(first == nil)
      gate.set(())
    }
  }
}
