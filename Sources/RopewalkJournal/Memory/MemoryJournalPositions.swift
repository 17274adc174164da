/// Positions of one lane in order; those of settled messages are removed now and then.
struct MemoryJournalPositions {
  private var positions: [UInt64] = []
  private var open = 0

  /// Whether all of them are settled.
  var isEmpty: Bool { open == 0 }

  /// - Parameter position: higher than all before.
  mutating func append(_ position: UInt64) {
    positions.append(position)
    open += 1
  }

  /// One of them was settled.
  /// - Parameter isOpen: whether a position still is.
  mutating func settleOne(isOpen: (UInt64) -> Bool) {
    open -= 1
    // Costs a constant on average, because it is done only when at least half of them are settled.
    if positions.count >= 64, positions.count >= 2 * open { positions.removeAll { !isOpen($0) } }
  }

  /// Those after a position; some may be settled.
  func after(_ position: UInt64) -> ArraySlice<UInt64> {
    var (low, high) = (positions.startIndex, positions.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if positions[middle] <= position { low = middle + 1 } else { high = middle }
    }
    return positions[low...]
  }
}
