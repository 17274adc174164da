extension JSON {
  /// The value as UTF-8 text.
  /// - Parameter pretty: two spaces of indentation and a line per member; without it, no white space at all.
  public func serialised(pretty: Bool = false) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(512)
    write(to: &output, indentation: pretty ? 0 : nil)
    return output
  }

  public func text(pretty: Bool = false) -> String {
    String(decoding: serialised(pretty: pretty), as: UTF8.self)
  }

  /// Appends the value to `output`, without white space when `indentation` is nil.
  private func write(to output: inout [UInt8], indentation: Int?) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let value): output.append(contentsOf: value.literal.utf8)
    case .string(let value): Self.write(string: value, to: &output)
    case .array(let elements): Self.write(elements, to: &output, indentation: indentation)
    case .object(let object): Self.write(object, to: &output, indentation: indentation)
    }
  }

  private static func write(_ elements: [JSON], to output: inout [UInt8], indentation: Int?) {
    let inner = indentation.map { $0 + 2 }
    output.append(UInt8(ascii: "["))
    for index in elements.indices {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      newLine(to: &output, indentation: inner)
      elements[index].write(to: &output, indentation: inner)
    }
    if !elements.isEmpty { newLine(to: &output, indentation: indentation) }
    output.append(UInt8(ascii: "]"))
  }

  private static func write(_ object: JSONObject, to output: inout [UInt8], indentation: Int?) {
    let inner = indentation.map { $0 + 2 }
    let members = object.members
    output.append(UInt8(ascii: "{"))
    for index in members.indices {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      newLine(to: &output, indentation: inner)
      write(string: members[index].key, to: &output)
      output.append(UInt8(ascii: ":"))
      if inner != nil { output.append(UInt8(ascii: " ")) }
      members[index].value.write(to: &output, indentation: inner)
    }
    if !members.isEmpty { newLine(to: &output, indentation: indentation) }
    output.append(UInt8(ascii: "}"))
  }

  @inline(__always) private static func newLine(to output: inout [UInt8], indentation: Int?) {
    guard let indentation else { return }
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
  }

  /// Appends a string in quotes, escaping what JSON says must be.
  package static func write(string: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { bytes in
      var run = 0
      for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "\\") {
        output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<index]))
        writeEscape(of: bytes[index], to: &output)
        run = index + 1
      }
      output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run...]))
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func writeEscape(of byte: UInt8, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
    case 0x0A: output.append(UInt8(ascii: "n"))
    case 0x0D: output.append(UInt8(ascii: "r"))
    case 0x09: output.append(UInt8(ascii: "t"))
    default:
      output.append(contentsOf: "u00".utf8)
      output.append(contentsOf: (byte < 16 ? "0" : "").utf8)
      output.append(contentsOf: String(byte, radix: 16).utf8)
    }
  }
}
