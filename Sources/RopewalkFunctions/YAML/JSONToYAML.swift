import RopewalkCore

/// JSON as block-style YAML, two spaces a level. Strings stand bare only where no reader of YAML 1.1 or 1.2 takes them
/// for anything else; all others are in double quotes.
enum JSONToYAML {
  static func convert(_ value: JSON, within allowance: inout WorkAllowance) throws(FunctionError) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(512)
    try write(value, depth: 0, to: &output, within: &allowance)
    if output.last != 0x0A { output.append(0x0A) }
    return output
  }

  private static func write(
    _ value: JSON,
    depth: Int,
    to output: inout [UInt8],
    within allowance: inout WorkAllowance
  ) throws(FunctionError) {
    // Each line is indented, and may have one character beside that.
    try allowance.count(1 + depth)
    switch value {
    case .object(let object) where !object.isEmpty:
      for (index, member) in object.members.enumerated() {
        if index > 0 { indent(depth, &output) }
        writeKey(member.key, depth: depth, to: &output)
        output.append(UInt8(ascii: ":"))
        try writeChild(member.value, depth: depth, isListItem: false, to: &output, within: &allowance)
      }
    case .array(let elements) where !elements.isEmpty:
      for (index, element) in elements.enumerated() {
        if index > 0 { indent(depth, &output) }
        output.append(UInt8(ascii: "-"))
        try writeChild(element, depth: depth, isListItem: true, to: &output, within: &allowance)
      }
    case .object: output.append(contentsOf: "{}".utf8)
    case .array: output.append(contentsOf: "[]".utf8)
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
    case .number(let number): output.append(contentsOf: number.literal.utf8)
    case .string(let text): write(string: text, to: &output)
    }
  }

  /// A list's item starts on the line of its dash; an object or a list that is a member starts on the next line.
  private static func writeChild(
    _ value: JSON,
    depth: Int,
    isListItem: Bool,
    to output: inout [UInt8],
    within allowance: inout WorkAllowance
  ) throws(FunctionError) {
    let isBlock =
      switch value {
      case .object(let object): !object.isEmpty
      case .array(let elements): !elements.isEmpty
      default: false
      }
    if isBlock && !isListItem {
      output.append(0x0A)
      indent(depth + 1, &output)
    } else {
      output.append(UInt8(ascii: " "))
    }
    try write(value, depth: depth + 1, to: &output, within: &allowance)
    if !isBlock { output.append(0x0A) }
  }

  /// A key that a reader needs no more than this many characters of look-ahead for can stand as it is.
  private static let maxSimpleKeyLength = 1000

  private static func writeKey(_ key: String, depth: Int, to output: inout [UInt8]) {
    guard key.utf8.count > maxSimpleKeyLength else { return write(string: key, to: &output) }
    output.append(contentsOf: "? ".utf8)
    write(string: key, to: &output)
    output.append(0x0A)
    indent(depth, &output)
  }

  private static func indent(_ depth: Int, _ output: inout [UInt8]) {
    output.append(contentsOf: repeatElement(0x20, count: depth * 2))
  }

  private static func write(string: String, to output: inout [UInt8]) {
    if isSafeBare(string) {
      output.append(contentsOf: string.utf8)
    } else if string.utf8.allSatisfy({ $0 < 0x7F }) {
      JSON.write(string: string, to: &output)
    } else {
      writeQuoted(string, to: &output)
    }
  }

  /// Characters that YAML does not print, or takes for line ends, are written as escapes.
  private static func writeQuoted(_ string: String, to output: inout [UInt8]) {
    var quoted: [UInt8] = []
    JSON.write(string: string, to: &quoted)
    for scalar in String(decoding: quoted, as: UTF8.self).unicodeScalars {
      switch scalar.value {
      case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
        let digits = String(scalar.value, radix: 16)
        output.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
      default: output.append(contentsOf: String(scalar).utf8)
      }
    }
  }

  private static let wordsWithMeaning: Set<String> = [
    "null", "true", "false", "yes", "no", "on", "off", "y", "n",
  ]

  /// Letters, digits, `_`, `-`, `.`, `/` and single spaces, starting with a letter, and not a word with a meaning.
  private static func isSafeBare(_ string: String) -> Bool {
    guard let first = string.utf8.first, isLetter(first), string.utf8.last != UInt8(ascii: " ") else { return false }
    for byte in string.utf8 {
      guard isLetter(byte) || 0x30...0x39 ~= byte || byte == 0x5F || byte == 0x20 || 0x2D...0x2F ~= byte else { return false }
    }
    return string.utf8.count > 5 || !wordsWithMeaning.contains(string.lowercased())
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
}
