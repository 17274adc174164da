/// Which versions will do: conditions joined by commas, all of which must hold.
///
/// `1.2.3` exactly that · `>=1.0.0,<2.0.0` · `^1.2` from 1.2.0 below 2.0.0 (below 0.3.0 for `^0.2`) · `~1.2.3` from
/// 1.2.3 below 1.3.0 (`~1` below 2.0.0) · `1.2` any 1.2.x · `*` any. A pre-release does only where a condition names
/// a pre-release of the same three numbers, as in npm and Cargo.
public struct VersionRange: Sendable, Hashable, CustomStringConvertible {
  fileprivate enum Comparison: String { case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", equal = "=" }

  fileprivate struct Bound: Hashable {
    var comparison: Comparison
    var version: SemanticVersion
  }

  private let bounds: [Bound]
  /// The range as it was written.
  public let description: String

  /// The range that every release is in.
  public static let any = VersionRange(bounds: [], description: "*")

  /// Exactly one version.
  public init(exactly version: SemanticVersion) {
    self.init(bounds: [Bound(comparison: .equal, version: version)], description: version.description)
  }

  private init(bounds: [Bound], description: String) {
    self.bounds = bounds
    self.description = description
  }

  /// Nil when the text is no range, or one that no version can be in, such as `>=2.0.0,<1.0.0`.
  public init?(parsing text: String) {
    var bounds: [Bound] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let more = Self.bounds(of: part.trimmingSpaces()) else { return nil }
      bounds += more
    }
    self.init(bounds: bounds, description: text)
    guard !isEmpty else { return nil }
  }

  public func contains(_ version: SemanticVersion) -> Bool {
    bounds.allSatisfy { $0.admits(version) } && (!version.isPrerelease || bounds.contains { $0.names(prereleaseOf: version) })
  }

  /// True when the bounds contradict each other.
  private var isEmpty: Bool {
    let lower = bounds.filter { $0.comparison != .less && $0.comparison != .lessOrEqual }.map(\.version).max()
    guard let lower else { return bounds.contains { $0.comparison == .less && $0.version <= SemanticVersion(0, 0, 0) } }
    let next = bounds.contains { $0.comparison == .greater && $0.version == lower } ? lower.successor : lower
    return !bounds.allSatisfy { $0.admits(next) }
  }

  private static func bounds(of text: Substring) -> [Bound]? {
    if text == "*" { return [] }
    for comparison in [Comparison.lessOrEqual, .greaterOrEqual, .less, .greater, .equal] where text.hasPrefix(comparison.rawValue) {
      guard let partial = PartialVersion(parsing: text.dropFirst(comparison.rawValue.count).trimmingSpaces()) else { return nil }
      return bounds(comparison, partial)
    }
    let isShort = text.hasPrefix("^") || text.hasPrefix("~")
    guard let partial = PartialVersion(parsing: (isShort ? text.dropFirst() : text).trimmingSpaces()) else { return nil }
    return isShort
      ? range(from: partial.lowest, below: text.hasPrefix("^") ? partial.afterCaret : partial.afterTilde) : bounds(.equal, partial)
  }

  private static func bounds(_ comparison: Comparison, _ partial: PartialVersion) -> [Bound] {
    guard partial.patch == nil else { return [Bound(comparison: comparison, version: partial.lowest)] }
    return switch comparison {
    case .equal: range(from: partial.lowest, below: partial.afterAll)
    case .less, .greaterOrEqual: [Bound(comparison: comparison, version: partial.lowest)]
    case .lessOrEqual: [Bound(comparison: .less, version: partial.afterAll)]
    case .greater: [Bound(comparison: .greaterOrEqual, version: partial.afterAll)]
    }
  }

  private static func range(from lower: SemanticVersion, below upper: SemanticVersion) -> [Bound] {
    [Bound(comparison: .greaterOrEqual, version: lower), Bound(comparison: .less, version: upper)]
  }
}

extension VersionRange.Bound {
  fileprivate func admits(_ candidate: SemanticVersion) -> Bool {
    switch comparison {
    case .less: candidate < version
    case .lessOrEqual: candidate <= version
    case .greater: candidate > version
    case .greaterOrEqual: candidate >= version
    case .equal: candidate == version
    }
  }

  fileprivate func names(prereleaseOf candidate: SemanticVersion) -> Bool {
    version.isPrerelease && (version.major, version.minor, version.patch) == (candidate.major, candidate.minor, candidate.patch)
  }
}

extension PartialVersion {
  /// The first version after every one that the numbers given describe.
  fileprivate var afterAll: SemanticVersion {
    guard let minor else { return SemanticVersion(major + 1, 0, 0) }
    return patch == nil ? SemanticVersion(major, minor + 1, 0) : lowest.successor
  }

  /// The first version that may break what works with this one: the leftmost number that is not zero counts.
  fileprivate var afterCaret: SemanticVersion {
    if major > 0 || minor == nil { return SemanticVersion(major + 1, 0, 0) }
    if let minor, minor > 0 || patch == nil { return SemanticVersion(0, minor + 1, 0) }
    return SemanticVersion(0, 0, (patch ?? 0) + 1)
  }

  fileprivate var afterTilde: SemanticVersion {
    minor.map { SemanticVersion(major, $0 + 1, 0) } ?? SemanticVersion(major + 1, 0, 0)
  }
}

extension SemanticVersion {
  /// The next version there can be.
  fileprivate var successor: SemanticVersion {
    isPrerelease ? SemanticVersion(major, minor, patch, prerelease: prerelease + [.number(0)]) : SemanticVersion(major, minor, patch + 1)
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> Substring {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}
