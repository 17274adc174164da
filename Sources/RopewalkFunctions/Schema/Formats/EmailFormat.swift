/// Addresses of electronic mail: RFC 5321's Mailbox, and RFC 6531's where it is international.
enum EmailFormat {
  /// The longest part before the `@`, in bytes.
  private static let maxLocalPartLength = 64

  static func isEmail(_ text: String, international: Bool) -> Bool {
    guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
    let local = text[..<at]
    let domain = text[text.utf8.index(after: at)...]
    guard 1...maxLocalPartLength ~= local.utf8.count else { return false }
    let isLocalPart = local.utf8.first == UInt8(ascii: "\"") ? isQuoted(local, international) : isDotted(local, international)
    return isLocalPart && isDomain(domain, international: international)
  }

  /// Words of RFC 5322's `atext` with single dots between them.
  private static func isDotted(_ text: Substring, _ international: Bool) -> Bool {
    text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { word in
      !word.isEmpty && word.allSatisfy { byte in byte >= 0x80 ? international : isAtomText(byte) }
    }
  }

  private static func isAtomText(_ byte: UInt8) -> Bool {
    byte.isDigit || byte.isLetter || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
  }

  private static func isQuoted(_ text: Substring, _ international: Bool) -> Bool {
    guard text.utf8.count >= 2, text.utf8.last == UInt8(ascii: "\"") else { return false }
    var isEscaped = false
    for byte in text.utf8.dropFirst().dropLast() {
      guard byte >= 0x80 ? international : 0x20...0x7E ~= byte else { return false }
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        return false
      }
    }
    return !isEscaped
  }

  private static func isDomain(_ text: Substring, international: Bool) -> Bool {
    guard text.utf8.first == UInt8(ascii: "[") else {
      return international ? HostnameFormat.isInternational(String(text), normalised: false) : HostnameFormat.isHostname(String(text))
    }
    guard text.utf8.last == UInt8(ascii: "]") else { return false }
    let literal = text.dropFirst().dropLast()
    return literal.hasPrefix("IPv6:") ? AddressFormats.isIPv6(literal.dropFirst(5)) : AddressFormats.isIPv4(literal)
  }
}
