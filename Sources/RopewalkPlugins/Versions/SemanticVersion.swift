/// A version by Semantic Versioning 2.0.0 (semver.org): `1.4.0`, `2.0.0-rc.1+build.7`.
///
/// Build metadata takes no part in comparing, as the specification says; two versions that differ only there are equal.
public struct SemanticVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// One part of a pre-release; numbers come before words.
  public enum Identifier: Sendable, Hashable, Comparable {
    case number(Int)
    case word(String)
  }

  public var major: Int
  public var minor: Int
  public var patch: Int
  /// What stands behind `-`; empty for a release.
  public var prerelease: [Identifier]
  /// What stands behind `+`.
  public var build: String

  public init(_ major: Int, _ minor: Int, _ patch: Int, prerelease: [Identifier] = [], build: String = "") {
    self.major = major
    self.minor = minor
    self.patch = patch
    self.prerelease = prerelease
    self.build = build
  }

  /// Parses all three numbers with their pre-release and build parts; nil for anything else, such as `1.2`, `v1.2.3`, `01.2.3`.
  public init?(parsing text: String) {
    guard let partial = PartialVersion(parsing: text[...]), let minor = partial.minor, let patch = partial.patch else { return nil }
    self.init(partial.major, minor, patch, prerelease: partial.prerelease, build: partial.build)
  }

  public var isPrerelease: Bool { !prerelease.isEmpty }

  public static func == (left: SemanticVersion, right: SemanticVersion) -> Bool {
    left.numbers == right.numbers && left.prerelease == right.prerelease
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(major)
    hasher.combine(minor)
    hasher.combine(patch)
    hasher.combine(prerelease)
  }

  public static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
    if left.numbers != right.numbers { return left.numbers < right.numbers }
    if left.prerelease.isEmpty || right.prerelease.isEmpty { return left.isPrerelease && !right.isPrerelease }
    return left.prerelease.lexicographicallyPrecedes(right.prerelease)
  }

  public var description: String {
    var text = "\(major).\(minor).\(patch)"
    if isPrerelease { text += "-" + prerelease.map(\.description).joined(separator: ".") }
    return build.isEmpty ? text : "\(text)+\(build)"
  }

  private var numbers: (Int, Int, Int) { (major, minor, patch) }
}

extension SemanticVersion.Identifier: CustomStringConvertible {
  public static func < (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)): left < right
    case (.number, .word): true
    case (.word, .number): false
    case (.word(let left), .word(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
    }
  }

  public var description: String {
    switch self {
    case .number(let number): String(number)
    case .word(let word): word
    }
  }
}
