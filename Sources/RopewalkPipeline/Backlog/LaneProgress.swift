import RopewalkJournal

/// How far the messages of one lane have been handed over to memory. A lane is a customer, or a customer at one destination.
///
/// A live lane's messages go on from memory as they are accepted. When there is no room for one, the lane is behind: that
/// message and all later ones are only in the journal, until a reader has handed over everything up to its end.
/// Whatever stands at or before ``through`` was handed over or is settled, but for messages that are still being
/// appended; those are handed over when they come.
struct LaneProgress: Equatable {
  private(set) var isBehind: Bool
  /// Handed over up to here.
  private(set) var through = JournalPosition(0)
  /// The highest position that is known to be in the journal alone.
  private(set) var noted = JournalPosition(0)
  /// Whether what an earlier run left has been read.
  private(set) var isEndKnown: Bool
  /// Bytes of the next one, where it was read and found no room: until there is some it is of no use to read it again. Otherwise 0.
  var wanted = 0
  /// Whether the lane stands in the line for the reader.
  var isListed = false

  /// - Parameter isBehind: true when an earlier run left messages.
  init(isBehind: Bool = false) {
    self.isBehind = isBehind
    self.isEndKnown = !isBehind
  }

  /// Whether there is something to read.
  var hasMore: Bool { isBehind && (!isEndKnown || noted > through) }

  /// Offers a message that the journal has. Returns whether it goes on from memory now; otherwise a reader will find it.
  mutating func offer(_ position: JournalPosition, hasRoom: Bool) -> Bool {
    // Readers have gone past it, and left it out because it was not decided then.
    if position < through { return true }
    if !isBehind, hasRoom {
      through = position
      return true
    }
    isBehind = true
    noted = max(noted, position)
    return false
  }

  /// A reader hands over the message at this position, or found that nothing is left to do for it.
  mutating func take(_ position: JournalPosition) {
    through = max(through, position)
  }

  /// A reader has seen everything up to the end of the lane as it was when `noted` was the highest position known.
  mutating func reachedEnd(noted seen: JournalPosition) {
    isEndKnown = true
    through = max(through, seen)
    if noted <= through { isBehind = false }
  }
}
