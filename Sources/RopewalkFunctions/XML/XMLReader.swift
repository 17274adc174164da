/// Reads XML 1.0 piece by piece, strictly, and without a document type definition: there is nothing to expand,
/// nothing to fetch, and the only entities are the five that XML itself has.
///
/// It checks that the document is well-formed apart from name spaces, whose prefixes it passes on as written. A DOCTYPE
/// that merely names a DTD is passed over; one with declarations of its own is refused.
struct XMLReader {
  enum Piece {
    case start(name: Range<Int>)
    case end
    case text(XMLText)
  }

  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0
  /// The attributes of the element that just started.
  var attributes: [XMLAttribute] = []
  private var openElements: [Range<Int>] = []
  private var pendingEnd = false
  private var rootIsClosed = false

  /// - Parameter bytes: UTF-8, see ``XMLEncoding``; they outlive the reader.
  init(bytes: UnsafeBufferPointer<UInt8>) throws(XMLSyntaxError) {
    self.bytes = bytes
    try checkCharacters()
    try skipProlog()
  }

  /// The next piece; nil after the root element and what may follow it.
  mutating func next() throws(XMLSyntaxError) -> Piece? {
    if pendingEnd {
      pendingEnd = false
      return closeElement()
    }
    while position < bytes.count {
      if bytes[position] != UInt8(ascii: "<") {
        if let text = try readText() { return .text(text) }
      } else if starts(with: "</") {
        return try readEndTag()
      } else if starts(with: "<!--") {
        try skipComment()
      } else if starts(with: "<![CDATA[") {
        return .text(try readCharacterData())
      } else if starts(with: "<?") {
        try skipInstruction()
      } else if starts(with: "<!") {
        throw error("a declaration cannot stand here")
      } else {
        return try readStartTag()
      }
    }
    if let open = openElements.last { throw error("the document ends before </\(name(open))>") }
    guard rootIsClosed else { throw error("there is no element") }
    return nil
  }

  private mutating func readStartTag() throws(XMLSyntaxError) -> Piece {
    guard !rootIsClosed else { throw error("a second root element") }
    guard openElements.count < XMLLimits.maxDepth else {
      throw error("elements are nested deeper than \(XMLLimits.maxDepth) levels", isLimit: true)
    }
    position += 1
    let name = try readName()
    openElements.append(name)
    attributes.removeAll(keepingCapacity: true)
    while true {
      let hadSpace = skipSpace()
      if take(UInt8(ascii: ">")) { return .start(name: name) }
      if starts(with: "/>") {
        position += 2
        pendingEnd = true
        return .start(name: name)
      }
      guard position < bytes.count else { throw error("the tag is never closed") }
      guard hadSpace else { throw error("expected white space, '>' or '/>'") }
      try readAttribute()
    }
  }

  private mutating func readAttribute() throws(XMLSyntaxError) {
    let start = position
    let name = try readName()
    if attributes.contains(where: { bytes[$0.name].elementsEqual(bytes[name]) }) {
      position = start
      throw error("attribute '\(self.name(name))' is written twice")
    }
    guard attributes.count < XMLLimits.maxAttributes else { throw error("an element has more than \(XMLLimits.maxAttributes) attributes") }
    skipSpace()
    guard take(UInt8(ascii: "=")) else { throw error("expected '=' after the attribute's name") }
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'") else {
      throw error("an attribute's value must be in quotes")
    }
    let quote = bytes[position]
    position += 1
    let value = position
    var isPlain = true
    while position < bytes.count, bytes[position] != quote {
      switch bytes[position] {
      case UInt8(ascii: "<"): throw error("'<' cannot stand in an attribute; write &lt;")
      case UInt8(ascii: "&"), 0..<0x20: isPlain = false
      default: break
      }
      position += 1
    }
    guard position < bytes.count else { throw error("the attribute's value is never closed") }
    attributes.append(XMLAttribute(name: name, value: try decode(value..<position, isPlain: isPlain, inAttribute: true)))
    position += 1
  }

  private mutating func readEndTag() throws(XMLSyntaxError) -> Piece {
    let start = position
    position += 2
    let name = try readName()
    guard let open = openElements.last, bytes[open].elementsEqual(bytes[name]) else {
      position = start
      let expected = openElements.last.map { "expected </\(self.name($0))>" } ?? "no element is open"
      throw error("</\(self.name(name))> closes nothing; \(expected)")
    }
    skipSpace()
    guard take(UInt8(ascii: ">")) else { throw error("expected '>'") }
    return closeElement()
  }

  private mutating func closeElement() -> Piece {
    openElements.removeLast()
    rootIsClosed = openElements.isEmpty
    return .end
  }

  /// The text up to the next tag; nil for white space outside the root element.
  private mutating func readText() throws(XMLSyntaxError) -> XMLText? {
    let start = position
    var isPlain = true
    var isBlank = true
    while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A: break
      case 0x0D: isPlain = false
      case UInt8(ascii: "&"):
        isPlain = false
        isBlank = false
      case UInt8(ascii: ">"):
        isBlank = false
        if position >= start + 2, bytes[position - 1] == UInt8(ascii: "]"), bytes[position - 2] == UInt8(ascii: "]") {
          throw error("']]>' cannot stand in text; write ]]&gt;")
        }
      default: isBlank = false
      }
      position += 1
    }
    guard openElements.isEmpty else {
      return XMLText(range: start..<position, form: isPlain ? .plain : .escaped, isBlank: isBlank)
    }
    guard isBlank else {
      position = start
      throw error("text outside the root element")
    }
    return nil
  }

  private mutating func readCharacterData() throws(XMLSyntaxError) -> XMLText {
    guard !openElements.isEmpty else { throw error("text outside the root element") }
    let start = position + 9
    guard let end = find("]]>", from: start) else { throw error("the CDATA section is never closed") }
    position = end + 3
    return XMLText(range: start..<end, form: .characterData, isBlank: start == end)
  }
}
