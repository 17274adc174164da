import RopewalkCore

/// Reads a function's options and says which one is wrong, and how.
struct FunctionOptions: Sendable {
  let function: String
  let values: JSONObject
  /// What relative paths are relative to; nil where no file may be read.
  let folder: String?

  func has(_ name: String) -> Bool { values[name] != nil }

  func string(_ name: String) throws(FunctionError) -> String? {
    guard let value = values[name] else { return nil }
    guard let text = value.string else { throw wrongType(name, "a string", value) }
    return text
  }

  func bool(_ name: String, default fallback: Bool) throws(FunctionError) -> Bool {
    guard let value = values[name] else { return fallback }
    guard let flag = value.bool else { throw wrongType(name, "true or false", value) }
    return flag
  }

  /// One ASCII character that can stand between or around values.
  func byte(_ name: String, default fallback: Character) throws(FunctionError) -> UInt8 {
    let text = try string(name) ?? String(fallback)
    guard text.utf8.count == 1, let byte = text.utf8.first, byte == 0x09 || 0x20...0x7E ~= byte else {
      throw error(name, "must be one ASCII character that is neither a line break nor a control character, apart from a tab")
    }
    return byte
  }

  func choice(_ name: String, of words: [String]) throws(FunctionError) -> String {
    guard let word = try string(name) else { return words[0] }
    guard words.contains(word) else {
      throw error(name, "must be one of \(words.joined(separator: ", "))")
    }
    return word
  }

  func strings(_ name: String) throws(FunctionError) -> [String]? {
    guard let value = values[name] else { return nil }
    guard let elements = value.array else { throw wrongType(name, "a list of strings", value) }
    var texts: [String] = []
    for element in elements {
      guard let text = element.string else { throw wrongType(name, "a list of strings", element) }
      texts.append(text)
    }
    return texts
  }

  func object(_ name: String) throws(FunctionError) -> JSONObject? {
    guard let value = values[name] else { return nil }
    guard let object = value.object else { throw wrongType(name, "a map", value) }
    return object
  }

  func pointer(_ name: String) throws(FunctionError) -> JSONPointer? {
    guard let text = try string(name) else { return nil }
    return try pointer(name, text)
  }

  func pointers(_ name: String) throws(FunctionError) -> [JSONPointer]? {
    guard let texts = try strings(name) else { return nil }
    var pointers: [JSONPointer] = []
    for text in texts { pointers.append(try pointer(name, text)) }
    return pointers
  }

  func pointer(_ name: String, _ text: String) throws(FunctionError) -> JSONPointer {
    guard let pointer = JSONPointer(text) else {
      throw error(name, "'\(text)' is no JSON pointer; write it as /lines/0/amount")
    }
    return pointer
  }

  func required<Value>(_ name: String, _ value: Value?) throws(FunctionError) -> Value {
    guard let value else { throw error(name, "is missing") }
    return value
  }

  /// - Parameter alternatives: options of which any one would mend it, beside this one.
  func error(_ name: String, _ message: String, alternatives: [String] = []) -> FunctionError {
    FunctionError(.functionOption, "\(function): option '\(name)' \(message)", option: [name], alternatives: alternatives)
  }

  private func wrongType(_ name: String, _ expected: String, _ value: JSON) -> FunctionError {
    error(name, "must be \(expected), not \(value.typeName)")
  }
}
