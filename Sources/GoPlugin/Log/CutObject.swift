/// The beginning of a JSON object whose end was cut off.
struct CutObject: Sendable {
  private let bytes: [UInt8]
  private var depth = 0
  private var isInText = false
  /// Whether the key of the member at hand has been read.
  private var isInValue = false
  /// How many bytes of an escape (`\n`, `\u00e9`) are still to come, and where it began.
  private var escape = (rest: 0, start: 0)
  /// Where the last whole member ends, but for the one at hand.
  private var membersEnd: Int?

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    for index in bytes.indices {
      if isInText { readText(bytes[index], at: index) } else { read(bytes[index], at: index) }
    }
  }

  /// Whole objects with what came before the cut: with the text in whose middle it was, if it was, and without it.
  var closings: [[UInt8]] {
    var closings: [[UInt8]] = []
    if isInText, isInValue, depth == 1 {
      let end = escape.rest > 0 ? escape.start : bytes.endIndex
      // A character may be cut too.
      closings.append(Array("\(String(decoding: bytes[..<end], as: UTF8.self))\"}".utf8))
    }
    if let membersEnd { closings.append(bytes[..<membersEnd] + [UInt8(ascii: "}")]) }
    return closings
  }

  private mutating func readText(_ byte: UInt8, at index: Int) {
    if escape.rest > 0 {
      escape.rest = byte == UInt8(ascii: "u") && index == escape.start + 1 ? 4 : escape.rest - 1
    } else if byte == UInt8(ascii: "\\") {
      escape = (1, index)
    } else if byte == UInt8(ascii: "\"") {
      isInText = false
    }
  }

  private mutating func read(_ byte: UInt8, at index: Int) {
    switch byte {
    case UInt8(ascii: "\""): isInText = true
    case UInt8(ascii: ":"): isInValue = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    case UInt8(ascii: ",") where depth == 1: (membersEnd, isInValue) = (index, false)
    default: break
    }
  }
}
