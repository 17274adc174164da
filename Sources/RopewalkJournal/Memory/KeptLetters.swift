import RopewalkCore

/// The dead letters of a ``MemoryJournal``, in the order of their ids.
struct KeptLetters {
  private let limit: Int
  private var letters: [DeadLetter] = []

  init(limit: Int) {
    self.limit = limit
  }

  /// - Throws: when so many are open that there is no room; then none was kept.
  mutating func keep(_ new: [DeadLetter]) throws(RopewalkError) {
    let unknown = new.filter { index(of: $0.id) == nil }
    let surplus = letters.count + unknown.count - limit
    if surplus > 0 { try forgetClosed(surplus) }
    letters += unknown
    letters.sort { $0.id < $1.id }
  }

  /// Returns false when it is not open.
  mutating func close(_ id: String, as state: DeadLetter.State) -> Bool {
    guard let index = index(of: id), letters[index].state == .open else { return false }
    letters[index].state = state
    return true
  }

  func isOpen(_ id: String) -> Bool {
    index(of: id).map { letters[$0].state == .open } ?? false
  }

  func matching(_ query: DeadLetterQuery, after id: String?, limit: Int) -> [DeadLetter] {
    Array(letters.lazy.filter { letter in (id.map { letter.id > $0 } ?? true) && query.matches(letter) }.prefix(max(0, limit)))
  }

  private mutating func forgetClosed(_ surplus: Int) throws(RopewalkError) {
    let closed = letters.indices.filter { letters[$0].state != .open }.prefix(surplus)
    guard closed.count == surplus else {
      throw RopewalkError(
        .deadLettersFull,
        "there are \(limit) open dead letters (maxDeadLetters); replay or discard some, then their messages are settled"
      )
    }
    for index in closed.reversed() { letters.remove(at: index) }
  }

  private func index(of id: String) -> Int? {
    letters.firstIndex { $0.id == id }
  }
}
