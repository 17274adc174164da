/// Why a text is not XML, or not XML that is read here, and where.
struct XMLSyntaxError: Error, Hashable, CustomStringConvertible {
  var message: String
  /// Line and column, both from 1; columns count Unicode scalars.
  var line: Int
  var column: Int
  /// Whether a bound of the reader is why.
  var isLimit = false

  var description: String { "not readable XML at line \(line), column \(column): \(message)" }
}

/// The bounds of the XML reader and writer.
enum XMLLimits {
  /// Elements within one another.
  static let maxDepth = 256
  /// Attributes of one element.
  static let maxAttributes = 256
}
