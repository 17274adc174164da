/// JSON Schema's string formats.
package enum StringFormat {
  /// The check of a format; nil for names that the draft does not know, which check nothing.
  package static func check(_ name: String, draft: SchemaDraft) -> (@Sendable (String) -> Bool)? {
    switch name {
    case "date-time": TimeFormats.isDateTime
    case "date": TimeFormats.isDate
    case "time": TimeFormats.isTime
    case "duration" where draft == .draft2020_12: TimeFormats.isDuration
    case "email": { EmailFormat.isEmail($0, international: false) }
    case "idn-email": { EmailFormat.isEmail($0, international: true) }
    case "hostname": { HostnameFormat.isHostname($0) }
    case "idn-hostname": { HostnameFormat.isInternational($0) }
    case "ipv4": { AddressFormats.isIPv4($0) }
    case "ipv6": { AddressFormats.isIPv6($0) }
    case "uri": { URIFormat.isValid($0, mayBeRelative: false, international: false) }
    case "uri-reference": { URIFormat.isValid($0, mayBeRelative: true, international: false) }
    case "iri": { URIFormat.isValid($0, mayBeRelative: false, international: true) }
    case "iri-reference": { URIFormat.isValid($0, mayBeRelative: true, international: true) }
    case "uri-template": URITemplateFormat.isValid
    case "uuid" where draft == .draft2020_12: isUUID
    case "json-pointer": { JSONPointer($0) != nil }
    case "relative-json-pointer": isRelativeJSONPointer
    case "regex": { (try? RegularExpression($0)) != nil }
    default: nil
    }
  }

  /// 8-4-4-4-12 hexadecimal digits.
  @Sendable private static func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 36
      && bytes.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : byte.isHexadecimalDigit
      }
  }

  /// A number without leading zeros, then `#` or a JSON pointer.
  @Sendable private static func isRelativeJSONPointer(_ text: String) -> Bool {
    let digits = text.utf8.prefix { $0.isDigit }
    guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else { return false }
    let rest = String(text[digits.endIndex...])
    return rest == "#" || JSONPointer(rest) != nil
  }
}

extension UInt8 {
  var isDigit: Bool { self &- 0x30 < 10 }
  var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
  var isHexadecimalDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
}
