/// An absolute `http` or `https` URL, taken apart. Credentials in URLs are refused; a fragment is dropped.
struct HTTPURL: Sendable, Hashable {
  /// Scheme, host and port: what one connection reaches.
  struct Origin: Sendable, Hashable, CustomStringConvertible {
    var isSecure: Bool
    /// In small letters; an IPv6 address without brackets.
    var host: String
    var port: Int

    /// The `Host` header: the port only where it is not the scheme's own.
    var hostHeader: String {
      let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
      return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Host and port, for messages.
    var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  /// Why a text is not such a URL. Never quotes the text: it may hold a secret.
  struct Mistake: Error {
    var message: String
    var remedy: String
  }

  var origin: Origin
  /// Path and query, as the request line carries them; starts with `/`.
  var target: String

  init(parsing text: String) throws(Mistake) {
    guard let schemeEnd = text.firstRange(of: "://") else {
      throw Mistake(message: "is not an absolute URL", remedy: "start it with http:// or https://")
    }
    let isSecure: Bool
    switch text[..<schemeEnd.lowerBound].lowercased() {
    case "http": isSecure = false
    case "https": isSecure = true
    default: throw Mistake(message: "has a scheme other than http and https", remedy: "start it with http:// or https://")
    }
    let rest = text[schemeEnd.upperBound...].prefix { $0 != "#" }
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    origin = try Self.parseAuthority(rest[..<authorityEnd], isSecure: isSecure)
    let target = rest[authorityEnd...]
    guard target.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
      throw Mistake(message: "holds characters that a URL cannot carry", remedy: "write spaces and other such characters as %XX")
    }
    self.target = target.hasPrefix("/") ? String(target) : "/" + target
  }

  private static func parseAuthority(_ authority: Substring, isSecure: Bool) throws(Mistake) -> Origin {
    guard !authority.contains("@") else {
      throw Mistake(message: "holds a user name or password", remedy: "take them out of the URL and set 'auth' or a header")
    }
    var host = authority
    var port = isSecure ? 443 : 80
    if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
      host = authority[..<colon]
      guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else {
        throw Mistake(message: "has a port that is not a number from 1 to 65535", remedy: "write host:port")
      }
      port = Int(number)
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":"), host.utf8.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else {
        throw Mistake(message: "has a host in brackets that is not an IPv6 address", remedy: "write it like [::1]")
      }
    } else {
      guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isNameByte) else {
        throw Mistake(
          message: "has no usable host name",
          remedy: "use letters, digits, '-' and '.'; write other letters in punycode (xn--…)"
        )
      }
    }
    return Origin(isSecure: isSecure, host: host.lowercased(), port: port)
  }

  /// What a `Location` header means when it stands in an answer from this URL.
  func resolving(_ reference: String) throws(Mistake) -> HTTPURL {
    if let colon = reference.firstIndex(of: ":"), !reference[..<colon].contains(where: { "/?#".contains($0) }) {
      return try HTTPURL(parsing: reference)
    }
    let scheme = origin.isSecure ? "https:" : "http:"
    if reference.hasPrefix("//") { return try HTTPURL(parsing: scheme + reference) }
    let path = target.prefix { $0 != "?" }
    let base = "\(scheme)//\(origin.hostHeader)"
    switch reference.first {
    case "/": return try HTTPURL(parsing: base + reference)
    case "?": return try HTTPURL(parsing: base + path + reference)
    default: return try HTTPURL(parsing: base + path[...(path.lastIndex(of: "/") ?? path.startIndex)] + reference)
    }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
