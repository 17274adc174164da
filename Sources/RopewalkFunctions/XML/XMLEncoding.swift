/// Which encoding a document is in, and the document in UTF-8.
enum XMLEncoding {
  /// UTF-8 passes, ISO-8859-1 is converted, anything else is refused by name.
  /// - Returns: UTF-8 without a byte order mark.
  static func utf8(_ bytes: [UInt8]) throws(XMLSyntaxError) -> [UInt8] {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes[3...]) }
    if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0, 0x3C])
      || bytes.starts(with: [0x3C, 0])
    {
      throw unreadable("UTF-16")
    }
    guard let name = declared(in: bytes) else { return bytes }
    switch name.lowercased() {
    case "utf-8", "utf8", "us-ascii", "ascii": return bytes
    case "iso-8859-1", "latin1", "iso8859-1":
      return bytes.flatMap { byte -> [UInt8] in byte < 0x80 ? [byte] : [0xC0 | byte >> 6, 0x80 | byte & 0x3F] }
    default: throw unreadable(name)
    }
  }

  private static func unreadable(_ name: String) -> XMLSyntaxError {
    XMLSyntaxError(message: "encoding \(name.prefix(40)) is not read here; send UTF-8 or ISO-8859-1", line: 1, column: 1)
  }

  /// The XML declaration's `encoding`; nil where there is none.
  private static func declared(in bytes: [UInt8]) -> String? {
    guard bytes.starts(with: Array("<?xml".utf8)), let end = bytes.prefix(256).firstIndex(of: UInt8(ascii: ">")) else { return nil }
    let declaration = String(decoding: bytes[..<end], as: UTF8.self)
    guard let keyword = declaration.firstRange(of: "encoding") else { return nil }
    let rest = declaration[keyword.upperBound...].drop { $0 == " " || $0 == "=" || $0 == "\t" || $0 == "\n" }
    guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
    return String(rest.dropFirst().prefix { $0 != quote })
  }
}
