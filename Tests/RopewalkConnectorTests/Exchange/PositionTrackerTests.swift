import RopewalkCore
import Testing

@testable import RopewalkConnector

struct PositionTrackerTests {
  private static func tracker(_ ids: String..., limit: Int = 100) throws -> PositionTracker {
    var tracker = PositionTracker(limit: limit)
    for (index, id) in ids.enumerated() { try tracker.offered(UInt64(index + 1), id: id, position: [UInt8(index + 1)]) }
    return tracker
  }

  @Test("The position is that of the last message before which all are settled")
  func order() throws {
    var tracker = try Self.tracker("a", "b", "c", "d", "e")
    #expect(tracker.settled(3) == nil)
    #expect(tracker.settled(5) == nil)
    #expect(tracker.settled(4) == nil)
    #expect(tracker.settled(1) == [1])
    #expect(tracker.settled(2) == [5])
    #expect(tracker.settled(2) == nil)
  }

  @Test("A refused message holds the position until the same id is offered again and settled")
  func refused() throws {
    var tracker = try Self.tracker("a", "b")
    tracker.refused(1)
    #expect(tracker.settled(2) == nil)
    try tracker.offered(3, id: "a", position: [1])
    tracker.refused(3)
    try tracker.offered(4, id: "a", position: [1])
    #expect(tracker.settled(4) == [2], "b's, which was settled meanwhile")
  }

  @Test("A message without a position holds nothing back")
  func without() throws {
    var tracker = PositionTracker(limit: 10)
    try tracker.offered(1, id: "a", position: [])
    try tracker.offered(2, id: "b", position: [2])
    tracker.refused(1)
    #expect(tracker.settled(1) == nil)
    #expect(tracker.settled(2) == [2])
  }

  @Test("Refused messages that are not offered again are limited in number")
  func limit() throws {
    var tracker = try Self.tracker("a", "b", limit: 2)
    tracker.refused(1)
    tracker.refused(2)
    #expect(throws: ProtocolViolation.self) { try tracker.offered(3, id: "c", position: [3]) }
  }

  @Test("What lies settled behind a message that is held back takes no room")
  func room() throws {
    var tracker = try Self.tracker("a", limit: 3)
    for sequence in 2...1000 {
      try tracker.offered(UInt64(sequence), id: "\(sequence)", position: [UInt8(sequence % 251)])
      #expect(tracker.settled(UInt64(sequence)) == nil)
    }
    #expect(tracker.settled(1) == [UInt8(1000 % 251)])
  }

  @Test("In whatever order messages settle the position is right, and what is held is at most twice what is open", arguments: 1...20)
  func anyOrder(seed: Int) throws {
    let (openAtOnce, count) = (16, 3000)
    var random = SeededGenerator(seed: UInt64(seed))
    var tracker = PositionTracker(limit: 2 * openAtOnce)
    var (sequence, offered) = (UInt64(0), 0)
    // What is not settled, by age; without a sequence when it was refused and not yet offered again.
    var open: [(message: Int, sequence: UInt64?)] = []
    // The naive model: everything that is settled, and how many of the first are.
    var settled: Set<Int> = []
    var reached = 0

    func position(of message: Int) -> [UInt8] { [UInt8(message / 256), UInt8(message % 256)] }
    func offer(_ message: Int) throws -> UInt64 {
      sequence += 1
      try tracker.offered(sequence, id: "\(message)", position: position(of: message))
      return sequence
    }

    while offered < count || !open.isEmpty {
      while offered < count, open.count < openAtOnce {
        open.append((offered, try offer(offered)))
        offered += 1
      }
      // Half of the way, the first one holds all others back.
      let index = Int.random(in: (offered < count / 2 ? 1 : 0)..<open.count, using: &random)
      let message = open[index].message
      guard let current = open[index].sequence else {
        open[index].sequence = try offer(message)
        continue
      }
      if Int.random(in: 0..<4, using: &random) == 0 {
        tracker.refused(current)
        open[index].sequence = nil
        continue
      }
      open.remove(at: index)
      settled.insert(message)
      let before = reached
      while settled.contains(reached) { reached += 1 }
      let expected = reached > before ? position(of: reached - 1) : nil
      #expect(tracker.settled(current) == expected)
    }
    #expect(reached == count)
  }
}
