/// The known word that a mistyped one was most likely meant to be; nil when none is near.
///
/// Distance is Damerau-Levenshtein without regard to case; at most a third of the longer word may differ.
public func nearestWord(to word: String, among known: some Sequence<String>) -> String? {
  let candidates = known.map {
    (word: $0, distance: editDistance(Array(word.lowercased()), Array($0.lowercased())), length: max(word.count, $0.count))
  }
  return candidates.filter { $0.distance * 3 <= $0.length }.min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
}

private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for row in 0..<left.count {
    var current = [row + 1]
    for column in 0..<right.count {
      let substitution = previous[column] + (left[row] == right[column] ? 0 : 1)
      var best = min(substitution, previous[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        best = min(best, beforePrevious[column - 1] + 1)
      }
      current.append(best)
    }
    (beforePrevious, previous) = (previous, current)
  }
  return previous[right.count]
}
