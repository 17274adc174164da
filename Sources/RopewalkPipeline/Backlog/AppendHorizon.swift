import RopewalkJournal

/// Up to which position it is known of every message whether it went on from memory: appends that are still under way
/// stand beyond.
///
/// The journal gives each append a higher position than all it gave before. So one that began when `known` was the
/// highest position seen ends beyond `known`, and what stands at or before the lowest such `known` has been decided.
struct AppendHorizon {
  private struct Group {
    let known: JournalPosition
    var pending = 0
  }

  /// Oldest first, so that the lowest `known` comes first.
  private var groups: [Group] = []
  private var firstGroup = 0
  private var known = JournalPosition(0)

  /// Nothing beyond this is decided.
  var decided: JournalPosition { groups.first?.known ?? JournalPosition(.max) }

  /// Whether an append is under way.
  var isPending: Bool { !groups.isEmpty }

  /// Begins an append; returns what ``end(_:at:)`` needs.
  mutating func begin() -> Int {
    if groups.last?.known != known { groups.append(Group(known: known)) }
    groups[groups.count - 1].pending += 1
    return firstGroup + groups.count - 1
  }

  /// - Parameter position: of the message; nil when the journal did not take it.
  mutating func end(_ group: Int, at position: JournalPosition?) {
    if let position { known = max(known, position) }
    groups[group - firstGroup].pending -= 1
    let ended = groups.prefix { $0.pending == 0 }.count
    guard ended > 0 else { return }
    groups.removeFirst(ended)
    firstGroup += ended
  }
}
