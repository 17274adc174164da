import Synchronization
import Testing

@testable import GoPlugin

@Suite struct TurnsTests {
  @Test(arguments: [1, 3])
  func soManyAreInAtOnceAndEachComesIn(atOnce: Int) async {
    let turns = Turns(atOnce: atOnce)
    let room = Room()
    await withDiscardingTaskGroup { group in
      for _ in 0..<50 {
        group.addTask {
          await turns.takeInAnyCase {
            room.enter()
            await Task.yield()
            room.leave()
          }
        }
      }
    }
    #expect(room.most == atOnce)
    #expect(room.visits == 50)
  }

  @Test func anErrorGivesTheTurnBack() async {
    let turns = Turns()
    await #expect(throws: Failed.self) { try await turns.take { throw Failed() } }
    #expect(await turns.takeInAnyCase { true })
  }

  @Test func whoIsCancelledBeforeItsTurnGetsNoneAndKeepsNone() async throws {
    let turns = Turns()
    let isIn = AsyncStream.makeStream(of: Void.self)
    let goesOn = AsyncStream.makeStream(of: Void.self)
    async let first: Void = turns.take {
      isIn.continuation.finish()
      for await _ in goesOn.stream {}
    }
    for await _ in isIn.stream {}
    let second = Task { try await turns.take { true } }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    goesOn.continuation.finish()
    try await first
    #expect(try await turns.take { true })
  }

  @Test func whoMustHaveItsTurnHasItThoughCancelled() async {
    let turns = Turns()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await turns.takeInAnyCase { Task.isCancelled }
    }
    #expect(await task.value)
  }
}

private struct Failed: Error {}

/// Counts who is in.
private final class Room: Sendable {
  private let state = Mutex((inside: 0, most: 0, visits: 0))

  var most: Int { state.withLock(\.most) }
  var visits: Int { state.withLock(\.visits) }

  func enter() {
    state.withLock { state in
      state.inside += 1
      state.visits += 1
      state.most = max(state.most, state.inside)
    }
  }

  func leave() { state.withLock { $0.inside -= 1 } }
}
