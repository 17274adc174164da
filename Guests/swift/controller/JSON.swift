/// A JSON value. Members keep their order, and numbers their digits.
enum JSON {
  case null
  case bool(Bool)
  /// As it is written.
  case number(String)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  static func int(_ value: Int) -> JSON { .number("\(value)") }

  /// A member; null where there is none, so that paths can be followed. Setting makes an object of what is none.
  subscript(key: String) -> JSON {
    get {
      guard case .object(let members) = self else { return .null }
      for member in members where member.key == key { return member.value }
      return .null
    }
    set {
      var members: [(key: String, value: JSON)] = []
      if case .object(let present) = self { members = present }
      for index in members.indices where members[index].key == key {
        members[index].value = newValue
        self = .object(members)
        return
      }
      members.append((key, newValue))
      self = .object(members)
    }
  }

  var isNull: Bool { if case .null = self { true } else { false } }
  /// The text of a string; empty for everything else.
  var text: String { if case .string(let text) = self { text } else { "" } }
  var number: Double? { if case .number(let text) = self { Double(text) } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The items of an array; none for everything else.
  var items: [JSON] { if case .array(let items) = self { items } else { [] } }

  func serialised() -> [UInt8] {
    var output: [UInt8] = []
    write(to: &output)
    return output
  }

  private func write(to output: inout [UInt8]) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .number(let text): output += text.utf8
    case .string(let text): Self.write(text, to: &output)
    case .array(let items):
      output.append(UInt8(ascii: "["))
      for index in items.indices {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        items[index].write(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for index in members.indices {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        Self.write(members[index].key, to: &output)
        output.append(UInt8(ascii: ":"))
        members[index].value.write(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to output: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        output += [UInt8(ascii: "\\"), byte]
      } else if byte < 0x20 {
        output += "\\u00".utf8
        output += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      } else {
        output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
