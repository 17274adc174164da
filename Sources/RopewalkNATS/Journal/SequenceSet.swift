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

  private func firstRange(endingAtOrAfter sequence: UInt64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
