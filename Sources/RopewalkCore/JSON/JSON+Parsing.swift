/// Why a text is not JSON, and where.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  /// Line and column of the first byte that cannot be right, both from 1.
  public var line: Int
  public var column: Int
  /// Whether a limit of the parser is why, which other parsers may not have.
  public var isLimit = false

  public var description: String { "not valid JSON at line \(line), column \(column): \(message)" }
}

extension JSON {
  /// Limits of the parser. Nesting is bounded because the parser recurses.
  public static let maxNesting = 512

  /// Parses RFC 8259 text, strictly: valid UTF-8, no comments, no trailing commas, nothing after the value.
  ///
  /// Where a key is written twice in one object, the last value counts.
  /// - Throws: ``JSONSyntaxError`` with line and column.
  public static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSON {
    try bytes.withUnsafeBufferPointer { (buffer) throws(JSONSyntaxError) in try parse(buffer) }
  }

  public static func parse(_ text: String) throws(JSONSyntaxError) -> JSON {
    try parse(Array(text.utf8))
  }

  /// Parses bytes that lie elsewhere, such as in a guest's memory, without copying them first.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) -> JSON {
    var parser = JSONParser(bytes: bytes)
    return try parser.parseDocument()
  }
}
