/// The order of API versions: `v2` before `v1` before `v1beta2` before `v1beta1` before `v1alpha1`, anything else last.
struct VersionPriority: Comparable {
  private let rank: [Int]
  private let text: String

  init(_ version: String) {
    text = version
    rank = Self.rank(version) ?? [0]
  }

  private static func rank(_ version: String) -> [Int]? {
    guard version.first == "v" else { return nil }
    let major = version.dropFirst().prefix { $0.isNumber }
    let rest = version.dropFirst(1 + major.count)
    guard let major = Int(major) else { return nil }
    if rest.isEmpty { return [3, major] }
    for (level, word) in [(2, "beta"), (1, "alpha")] where rest.hasPrefix(word) {
      return Int(rest.dropFirst(word.count)).map { [level, major, $0] }
    }
    return nil
  }

  static func < (left: VersionPriority, right: VersionPriority) -> Bool {
    left.rank == right.rank ? left.text > right.text : left.rank.lexicographicallyPrecedes(right.rank)
  }
}
