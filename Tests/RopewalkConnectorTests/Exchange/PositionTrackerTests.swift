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
}
