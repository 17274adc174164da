import Synchronization
import Testing

@testable import RopewalkConnector

@Suite struct TurnsTests {
  @Test(arguments: [1, 3])
  func soManyAreInAtOnceAndEachComesIn(atOnce: Int) async {
    let turns = Turns(atOnce: atOnce)
    let room = Room()
    await withDiscardingTaskGroup { group in
      for _ in 0..<50 {
        group.addTask {
          await turns {
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
    await #expect(throws: CancellationError.self) { try await turns { throw CancellationError() } }
    #expect(await turns { true })
  }
}

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
