/// What names, labels and the like may be: the rules of Kubernetes.
package enum NameRules {
  package static let maxLabelLength = 63
  package static let maxSubdomainLength = 253

  static let labelWords =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character, at most 63 bytes"
  static let subdomainWords =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character, at most 253 bytes"
  static let qualifiedWords =
    "must be up to 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends, and may have a DNS subdomain and '/' before it, such as example.com/name"
  static let valueWords = "must be empty or up to 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends"

  /// `web-1`: a DNS label.
  package static func isLabel(_ text: String) -> Bool { ObjectName.isValid(text) }

  /// `web-1.example.com`: labels divided by dots.
  package static func isSubdomain(_ text: String) -> Bool {
    (1...maxSubdomainLength).contains(text.utf8.count)
      && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
        isSmallAlphanumeric(part.first) && isSmallAlphanumeric(part.last)
          && part.allSatisfy { isSmallAlphanumeric($0) || $0 == UInt8(ascii: "-") }
      }
  }

  /// `system:admin`: what can be one segment of a path, as names of roles are.
  package static func isPathSegment(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= maxSubdomainLength && text != "." && text != ".."
      && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "%") }
  }

  /// `example.com/name`: the keys of labels and annotations, and finalizers.
  package static func isQualifiedName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    switch parts.count {
    case 1: return isBareName(parts[0])
    case 2: return isSubdomain(String(parts[0])) && isBareName(parts[1])
    default: return false
    }
  }

  package static func isLabelValue(_ text: String) -> Bool { text.isEmpty || isBareName(text[...]) }

  private static func isBareName(_ text: Substring) -> Bool {
    (1...maxLabelLength).contains(text.utf8.count) && isAlphanumeric(text.utf8.first) && isAlphanumeric(text.utf8.last)
      && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  private static func isSmallAlphanumeric(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8?) -> Bool {
    isSmallAlphanumeric(byte) || byte.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } == true
  }
}
