import RopewalkCore

/// The dead letters of a ``MemoryJournal``, in the order of their ids, which finds each without looking at the others.
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
    // Ids grow, so that a new letter belongs at the end nearly always.
    for letter in unknown { letters.insert(letter, at: place(of: letter.id)) }
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
    let first = id.map { place(of: $0) } ?? 0
    let matches = { (index: Int) in letters[index].id != id && query.matches(letters[index]) }
    if let ids = query.ids {
      return Set(ids).compactMap(index(of:)).sorted().lazy.filter { $0 >= first && matches($0) }.prefix(max(0, limit)).map { letters[$0] }
    }
    return (first..<letters.count).lazy.filter(matches).prefix(max(0, limit)).map { letters[$0] }
  }

  private mutating func forgetClosed(_ surplus: Int) throws(RopewalkError) {
    var forgotten: Set<Int> = []
    for index in letters.indices where letters[index].state != .open && forgotten.count < surplus { forgotten.insert(index) }
    guard forgotten.count == surplus else {
      throw RopewalkError(
        .deadLettersFull,
        "there are \(limit) open dead letters (--max-dead-letters); replay or discard some, then their messages are settled"
      )
    }
    letters = letters.indices.filter { !forgotten.contains($0) }.map { letters[$0] }
  }

  private func index(of id: String) -> Int? {
    let place = place(of: id)
    return place < letters.count && letters[place].id == id ? place : nil
  }

  /// Where a letter of that id stands, or belongs.
  private func place(of id: String) -> Int {
    var (low, high) = (0, letters.count)
    if let last = letters.last, last.id < id { return high }
    while low < high {
      let middle = (low + high) / 2
      if letters[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
