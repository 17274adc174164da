/// A run of text as it lies in the document.
struct XMLText {
  enum Form {
    /// To be taken as it is.
    case plain
    /// Has references or carriage returns in it.
    case escaped
    /// From a CDATA section: only line ends are to be normalised.
    case characterData
  }

  var range: Range<Int>
  var form: Form
  /// Nothing but white space, written as such.
  var isBlank: Bool
}

struct XMLAttribute {
  var name: Range<Int>
  var value: String
}

extension XMLReader {
  func decode(_ text: XMLText) throws(XMLSyntaxError) -> String {
    switch text.form {
    case .plain: string(text.range)
    case .escaped: try decode(text.range, isPlain: false, inAttribute: false)
    case .characterData: try decode(text.range, isPlain: !bytes[text.range].contains(0x0D), inAttribute: false, references: false)
    }
  }

  /// Resolves references and normalises line ends; in attributes each white space character becomes a space.
  func decode(
    _ range: Range<Int>,
    isPlain: Bool,
    inAttribute: Bool,
    references: Bool = true
  ) throws(XMLSyntaxError) -> String {
    if isPlain { return string(range) }
    var content: [UInt8] = []
    content.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      if byte == UInt8(ascii: "&"), references {
        index = try decodeReference(at: index, before: range.upperBound, into: &content)
        continue
      }
      index += 1
      if byte == 0x0D {
        if index < range.upperBound, bytes[index] == 0x0A { index += 1 }
        content.append(inAttribute ? 0x20 : 0x0A)
      } else {
        content.append(inAttribute && byte < 0x20 ? 0x20 : byte)
      }
    }
    return String(decoding: content, as: UTF8.self)
  }

  /// The longest reference: `&#x10FFFF;` with room for leading zeros.
  private static let maxReferenceLength = 32

  private func decodeReference(at start: Int, before end: Int, into content: inout [UInt8]) throws(XMLSyntaxError) -> Int {
    let limit = min(end, start + Self.maxReferenceLength)
    guard let semicolon = bytes[start..<limit].firstIndex(of: UInt8(ascii: ";")) else {
      throw error("'&' must start a reference; write &amp; for the character itself", at: start)
    }
    let reference = string(start + 1..<semicolon)
    switch reference {
    case "amp": content.append(UInt8(ascii: "&"))
    case "lt": content.append(UInt8(ascii: "<"))
    case "gt": content.append(UInt8(ascii: ">"))
    case "quot": content.append(UInt8(ascii: "\""))
    case "apos": content.append(UInt8(ascii: "'"))
    default:
      guard reference.hasPrefix("#") else {
        throw error("entity '&\(reference);' is not one of XML's own five; others are not read", at: start)
      }
      guard let scalar = Self.character(reference.dropFirst()) else {
        throw error("'&\(reference);' is not a character that XML allows", at: start)
      }
      content.append(contentsOf: String(scalar).utf8)
    }
    return semicolon + 1
  }

  private static func character(_ digits: Substring) -> Unicode.Scalar? {
    let isHexadecimal = digits.first == "x"
    let digits = isHexadecimal ? digits.dropFirst() : digits
    guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
    guard let code = UInt32(digits, radix: isHexadecimal ? 16 : 10), let scalar = Unicode.Scalar(code) else { return nil }
    return isAllowed(scalar) ? scalar : nil
  }

  /// XML 1.0's production `Char`.
  static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }
}
