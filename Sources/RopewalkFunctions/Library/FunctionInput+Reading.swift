import RopewalkCore

extension JSON {
  /// Parses a function's input.
  static func parseInput(_ bytes: [UInt8]) throws(FunctionError) -> JSON {
    do {
      return try parse(bytes)
    } catch {
      throw FunctionError(error.isLimit ? .functionLimit : .functionInput, "the payload is \(error)")
    }
  }
}

extension String {
  /// Decodes a function's input, without the byte order mark it may start with.
  static func decodeInput(_ bytes: [UInt8]) throws(FunctionError) -> String {
    let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    guard let text = String(validating: content, as: UTF8.self) else {
      throw FunctionError(.functionInput, "the payload is not valid UTF-8")
    }
    return text
  }
}

/// Media types that functions answer.
enum ContentType {
  static let json = "application/json"
  static let xml = "application/xml"
  static let csv = "text/csv"
  static let yaml = "application/yaml"
  static let text = "text/plain; charset=utf-8"
  static let binary = "application/octet-stream"
}
