import RopewalkCore

/// A subschema as written, with readers that say what is wrong and where.
struct SchemaSource {
  let object: JSONObject
  let location: SchemaLocation
  let name: String

  func string(_ keyword: String) throws(FunctionError) -> String? {
    guard let value = object[keyword] else { return nil }
    guard let text = value.string else { throw error(keyword, "must be a string") }
    return text
  }

  /// A whole number that is not negative, however it is written: `2.0` is 2.
  func count(_ keyword: String) throws(FunctionError) -> Int? {
    guard let value = object[keyword] else { return nil }
    guard let count = value.int, count >= 0 else { throw error(keyword, "must be a whole number that is not negative") }
    return count
  }

  func number(_ keyword: String) throws(FunctionError) -> JSONNumber? {
    guard let value = object[keyword] else { return nil }
    guard case .number(let number) = value else { throw error(keyword, "must be a number") }
    return number
  }

  func strings(_ keyword: String) throws(FunctionError) -> [String]? {
    guard let value = object[keyword] else { return nil }
    return try strings(value, keyword)
  }

  /// - Parameter member: the one of the keyword's map that the value is; nil where it is the keyword's own.
  func strings(_ value: JSON, _ keyword: String, member: String? = nil) throws(FunctionError) -> [String] {
    var texts: [String] = []
    for element in value.array ?? [.null] {
      guard let text = element.string else { throw error(keyword, "must be a list of strings", member: member) }
      texts.append(text)
    }
    return texts
  }

  func expression(_ pattern: String, _ keyword: String) throws(FunctionError) -> RegularExpression {
    do {
      return try RegularExpression(pattern)
    } catch {
      throw self.error(keyword, "is not a regular expression: \(error.message)")
    }
  }

  func error(_ keyword: String, _ message: String, member: String? = nil) -> FunctionError {
    let place = ([keyword] + [member].compactMap(\.self)).map(JSONPointer.escape).joined(separator: "/")
    return FunctionError(.schemaInvalid, "\(keyword) \(message) (at \(name)/\(place) of the schema)")
  }
}
