/// The characters that JSON is made of.
extension UInt8 {
  static var quote: UInt8 { UInt8(ascii: "\"") }
  static var backslash: UInt8 { UInt8(ascii: "\\") }
  static var slash: UInt8 { UInt8(ascii: "/") }
  static var comma: UInt8 { UInt8(ascii: ",") }
  static var colon: UInt8 { UInt8(ascii: ":") }
  static var openBrace: UInt8 { UInt8(ascii: "{") }
  static var closeBrace: UInt8 { UInt8(ascii: "}") }
  static var openBracket: UInt8 { UInt8(ascii: "[") }
  static var closeBracket: UInt8 { UInt8(ascii: "]") }
  static var minus: UInt8 { UInt8(ascii: "-") }
  static var plus: UInt8 { UInt8(ascii: "+") }
  static var dot: UInt8 { UInt8(ascii: ".") }
  static var zero: UInt8 { UInt8(ascii: "0") }

  /// A space, line feed, carriage return or tab.
  var isBlank: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }

  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  var hexadecimalValue: Int? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(self - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(self - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(self - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}

extension UInt64 {
  /// The high bit of each of the eight bytes that is a quote, a backslash or a control character. Right for the lowest
  /// such byte; the ones above it may be wrong.
  var stringMarks: UInt64 {
    let eachByte: UInt64 = 0x0101_0101_0101_0101
    let quote = self ^ eachByte &* UInt64(UInt8.quote)
    let backslash = self ^ eachByte &* UInt64(UInt8.backslash)
    let below = (quote &- eachByte) & ~quote | (backslash &- eachByte) & ~backslash | (self &- eachByte &* 0x20) & ~self
    return below & (eachByte &* 0x80)
  }
}
