extension JSON {
  /// The value as UTF-8 text.
  /// - Parameter pretty: two spaces of indentation and a line per member; without it, no white space at all.
  public func serialised(pretty: Bool = false) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(256)
    write(to: &output, indentation: pretty ? 0 : nil)
    return output
  }

  public func text(pretty: Bool = false) -> String {
    String(decoding: serialised(pretty: pretty), as: UTF8.self)
  }

  private func write(to output: inout [UInt8], indentation: Int?) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let value): output.append(contentsOf: value.literal.utf8)
    case .string(let value): Self.write(string: value, to: &output)
    case .array(let elements):
      Self.write(elements, between: ("[", "]"), to: &output, indentation: indentation) { element, output, inner in
        element.write(to: &output, indentation: inner)
      }
    case .object(let object):
      Self.write(object.members, between: ("{", "}"), to: &output, indentation: indentation) { member, output, inner in
        Self.write(string: member.key, to: &output)
        output.append(contentsOf: (inner == nil ? ":" : ": ").utf8)
        member.value.write(to: &output, indentation: inner)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element],
    between brackets: (open: String, close: String),
    to output: inout [UInt8],
    indentation: Int?,
    writeElement: (Element, inout [UInt8], Int?) -> Void
  ) {
    output.append(contentsOf: brackets.open.utf8)
    let inner = indentation.map { $0 + 2 }
    for (index, element) in elements.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      newLine(to: &output, indentation: inner)
      writeElement(element, &output, inner)
    }
    if !elements.isEmpty { newLine(to: &output, indentation: indentation) }
    output.append(contentsOf: brackets.close.utf8)
  }

  private static func newLine(to output: inout [UInt8], indentation: Int?) {
    guard let indentation else { return }
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
  }

  private static let hexadecimalDigits = Array("0123456789abcdef".utf8)

  private static func write(string: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): output.append(contentsOf: [UInt8(ascii: "\\"), byte])
      case UInt8(ascii: "\\"): output.append(contentsOf: [byte, byte])
      case 0x0A: output.append(contentsOf: "\\n".utf8)
      case 0x0D: output.append(contentsOf: "\\r".utf8)
      case 0x09: output.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        output.append(contentsOf: "\\u00".utf8)
        output.append(hexadecimalDigits[Int(byte >> 4)])
        output.append(hexadecimalDigits[Int(byte & 15)])
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
