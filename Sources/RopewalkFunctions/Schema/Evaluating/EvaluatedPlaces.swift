/// Which members or elements of one value some keyword has looked at and found valid, by their index.
///
/// Kept only where an `unevaluated…` keyword will ask.
struct EvaluatedPlaces {
  let isWanted: Bool
  private var first: UInt64 = 0
  private var further: [UInt64] = []

  init(isWanted: Bool) {
    self.isWanted = isWanted
  }

  mutating func insert(_ index: Int) {
    guard isWanted else { return }
    guard index >= 64 else {
      first |= 1 << UInt64(index)
      return
    }
    let word = (index >> 6) - 1
    while further.count <= word { further.append(0) }
    further[word] |= 1 << UInt64(index & 63)
  }

  mutating func formUnion(_ other: EvaluatedPlaces) {
    guard isWanted else { return }
    first |= other.first
    for (word, bits) in other.further.enumerated() {
      if word < further.count { further[word] |= bits } else { further.append(bits) }
    }
  }

  func contains(_ index: Int) -> Bool {
    if index < 64 { return first >> UInt64(index) & 1 == 1 }
    let word = (index >> 6) - 1
    return word < further.count && further[word] >> UInt64(index & 63) & 1 == 1
  }
}
