/// RFC 3986's URI and reference, and RFC 3987's with characters beyond ASCII.
enum URIFormat {
  static func isValid(_ text: String, mayBeRelative: Bool, international: Bool) -> Bool {
    guard text.unicodeScalars.allSatisfy({ isAllowed($0, international) }), hasWholeEscapes(text) else { return false }
    var rest = text[...]
    if let hash = rest.firstIndex(of: "#") {
      guard isPart(rest[rest.index(after: hash)...], beside: "/?:@") else { return false }
      rest = rest[..<hash]
    }
    if let query = rest.firstIndex(of: "?") {
      guard isPart(rest[rest.index(after: query)...], beside: "/?:@", isQuery: true) else { return false }
      rest = rest[..<query]
    }
    let colon = rest.firstIndex(of: ":")
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    if let colon, colon < slash {
      // A relative path's first segment may have no colon, so what stands before one is a scheme.
      guard SchemaURI.isScheme(rest[..<colon]) else { return false }
      rest = rest[rest.index(after: colon)...]
    } else if !mayBeRelative {
      return false
    }
    guard rest.hasPrefix("//") else { return isPart(rest, beside: "/:@") }
    rest = rest.dropFirst(2)
    let end = rest.firstIndex(of: "/") ?? rest.endIndex
    return isAuthority(rest[..<end]) && isPart(rest[end...], beside: "/:@")
  }

  private static func isAuthority(_ text: Substring) -> Bool {
    var host = text
    if let at = host.firstIndex(of: "@") {
      guard isPart(host[..<at], beside: ":") else { return false }
      host = host[host.index(after: at)...]
    }
    if host.first == "[" {
      guard let end = host.firstIndex(of: "]") else { return false }
      let port = host[host.index(after: end)...]
      let literal = host[host.index(after: host.startIndex)..<end]
      return (AddressFormats.isIPv6(literal) || isFutureAddress(literal))
        && (port.isEmpty || (port.first == ":" && isPort(port.dropFirst())))
    }
    if let colon = host.lastIndex(of: ":") {
      guard isPort(host[host.index(after: colon)...]) else { return false }
      host = host[..<colon]
    }
    return isPart(host, beside: "")
  }

  private static func isPort(_ text: Substring) -> Bool { text.utf8.allSatisfy(\.isDigit) }

  /// `v1.fe80::a`
  private static func isFutureAddress(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, first | 0x20 == UInt8(ascii: "v"), let dot = text.firstIndex(of: ".") else { return false }
    let version = text.dropFirst()[..<dot]
    let address = text[text.index(after: dot)...]
    return !version.isEmpty && version.utf8.allSatisfy(\.isHexadecimalDigit) && !address.isEmpty
      && !address.utf8.contains(UInt8(ascii: "%"))
      && isPart(address, beside: ":")
  }

  /// Only unreserved characters, sub-delimiters, escapes and those of `extra`.
  private static func isPart(_ text: Substring, beside extra: String, isQuery: Bool = false) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      guard scalar.isASCII else { return isQuery || !isPrivate(scalar) }
      let byte = UInt8(scalar.value)
      return byte.isDigit || byte.isLetter || "-._~!$&'()*+,;=%".utf8.contains(byte) || extra.utf8.contains(byte)
    }
  }

  /// What RFC 3987 allows in queries only.
  private static func isPrivate(_ scalar: Unicode.Scalar) -> Bool {
    0xE000...0xF8FF ~= scalar.value || scalar.value >= 0xF0000
  }

  private static func isAllowed(_ scalar: Unicode.Scalar, _ international: Bool) -> Bool {
    if scalar.isASCII { return 0x21...0x7E ~= scalar.value }
    guard international else { return false }
    return switch scalar.value {
    case 0xA0...0xD7FF, 0xE000...0xFDCF, 0xFDF0...0xFFEF: true
    case 0x10000...0x10FFFD: scalar.value & 0xFFFF <= 0xFFFD
    default: false
    }
  }

  /// Every `%` is followed by two hexadecimal digits.
  static func hasWholeEscapes(_ text: String) -> Bool {
    var rest = text.utf8[...]
    while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
      rest = rest[rest.index(after: percent)...]
      guard rest.count >= 2, rest.prefix(2).allSatisfy(\.isHexadecimalDigit) else { return false }
    }
    return true
  }
}
