/// A plugin as integration files name it: `github.com/ropewalk/connectors/http@>=1.0.0,<2.0.0`.
public struct PluginReference: Sendable, Hashable, CustomStringConvertible {
  /// Where the connectors that come with Ropewalk belong: `http` is `github.com/ropewalk/connectors/http`.
  public static let builtInConnectors = "github.com/ropewalk/connectors/"

  /// A host name and a path.
  public var name: String
  /// What stands behind `@`; any release where nothing does.
  public var range: VersionRange

  public init(name: String, range: VersionRange = .any) {
    self.name = name
    self.range = range
  }

  /// Why a text is no plugin reference.
  public enum Problem: Error, Sendable, Hashable {
    case name(String)
    case range(String)
  }

  public static func parse(_ text: String) throws(Problem) -> PluginReference {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let name = parts.first, isName(name) else { throw .name(parts.first ?? "") }
    guard parts.count == 2 else { return PluginReference(name: name) }
    guard let range = VersionRange(parsing: parts[1]) else { throw .range(parts[1]) }
    return PluginReference(name: name, range: range)
  }

  public var description: String { range == .any ? name : "\(name)@\(range)" }

  /// At least two parts between slashes, the first with a dot in it, all of letters, digits, `.`, `_` and `-`.
  private static func isName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return text.utf8.count <= 253 && parts.count >= 2 && parts[0].contains(".")
      && parts.allSatisfy { part in
        part != "." && part != ".." && !part.isEmpty
          && part.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-".unicodeScalars.contains($0))
          }
      }
  }
}
