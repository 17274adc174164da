/// Sequences as ranges: costs what its gaps cost.
struct SequenceSet: Equatable, Sendable {
  private(set) var ranges: [ClosedRange<UInt64>] = []

  init(_ ranges: [ClosedRange<UInt64>] = []) {
    self.ranges = ranges
  }

  /// The greatest in the set; 0 when it is empty.
  var last: UInt64 { ranges.last?.upperBound ?? 0 }

  func contains(_ sequence: UInt64) -> Bool {
    let index = firstRange(endingAtOrAfter: sequence)
    return index < ranges.count && ranges[index].contains(sequence)
  }

  mutating func insert(_ sequence: UInt64) {
    let index = firstRange(endingAtOrAfter: sequence)
    if index < ranges.count, ranges[index].contains(sequence) { return }
    let joinsLeft = index > 0 && ranges[index - 1].upperBound + 1 == sequence
    let joinsRight = index < ranges.count && ranges[index].lowerBound == sequence + 1
    switch (joinsLeft, joinsRight) {
    case (true, true):
      ranges[index - 1] = ranges[index - 1].lowerBound...ranges[index].upperBound
      ranges.remove(at: index)
    case (true, false): ranges[index - 1] = ranges[index - 1].lowerBound...sequence
    case (false, true): ranges[index] = sequence...ranges[index].upperBound
    case (false, false): ranges.insert(sequence...sequence, at: index)
    }
  }

  /// What is missing from 1 to `last`, in the set and among `others`.
  func gaps(through last: UInt64, besides others: some Sequence<UInt64>) -> [ClosedRange<UInt64>] {
    var gaps: [ClosedRange<UInt64>] = []
    var next: UInt64 = 1
    for range in (ranges + others.map { $0...$0 }).sorted(by: { $0.lowerBound < $1.lowerBound }) where next <= last {
      if next < range.lowerBound { gaps.append(next...min(last, range.lowerBound - 1)) }
      next = max(next, range.upperBound + 1)
    }
    if next <= last { gaps.append(next...last) }
    return gaps
  }

  private func firstRange(endingAtOrAfter sequence: UInt64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
