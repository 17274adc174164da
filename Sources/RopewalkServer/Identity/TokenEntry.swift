import Crypto
package import RopewalkCore
package import RopewalkResources

/// One line of the token file: who a bearer token stands for.
package struct TokenEntry: Sendable, Hashable {
  /// SHA-256 of the token: who reads the file cannot use it.
  package var digest: [UInt8]
  /// What the token is called, to revoke it.
  package var id: String
  package var user: String
  package var groups: [String]
  /// Nil for a token that lasts.
  package var expiry: Timestamp?

  package init(digest: [UInt8], id: String, user: String, groups: [String], expiry: Timestamp? = nil) {
    self.digest = digest
    self.id = id
    self.user = user
    self.groups = groups
    self.expiry = expiry
  }

  package var subject: Subject { Subject(name: user, groups: groups + [AccessRules.authenticatedGroup]) }

  package static func digest(of token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }

  /// A new token of 256 random bits.
  package static func makeToken() -> String {
    var generator = SystemRandomNumberGenerator()
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    return "rw-" + String((0..<43).map { _ in letters[Int(generator.next(upperBound: UInt64(letters.count)))] })
  }
}

extension TokenEntry {
  /// Reads `sha256:DIGEST,USER,ID,"GROUP,GROUP",EXPIRY`, the form of Kubernetes' static token file with a digest in place
  /// of the token (a token itself is taken too) and an expiry in RFC 3339 that may be left out. Nil when it is no such line.
  init?(line: String) {
    let fields = Self.fields(of: line)
    guard fields.count >= 3, !fields[0].isEmpty, !fields[1].isEmpty else { return nil }
    guard let digest = fields[0].hasPrefix("sha256:") ? Self.bytes(hex: fields[0].dropFirst(7)) : Self.digest(of: fields[0]) else {
      return nil
    }
    let groups = fields.count > 3 ? fields[3].split(separator: ",").map { $0.trimmed } : []
    var expiry: Timestamp?
    if fields.count > 4, !fields[4].isEmpty {
      guard let time = Timestamp(rfc3339: fields[4]) else { return nil }
      expiry = time
    }
    self.init(digest: digest, id: fields[2], user: fields[1], groups: groups, expiry: expiry)
  }

  var line: String {
    let hex = digest.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
    let base = "sha256:\(hex),\(user),\(id),\"\(groups.joined(separator: ","))\""
    return expiry.map { "\(base),\($0.rfc3339Seconds)" } ?? base
  }

  private static func bytes(hex: Substring) -> [UInt8]? {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == 64, hex.count == 64 else { return nil }
    return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// At commas outside of double quotes.
  private static func fields(of line: String) -> [String] {
    var fields = [""]
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].append(character)
      }
    }
    return fields.map { $0.trimmed }
  }
}
