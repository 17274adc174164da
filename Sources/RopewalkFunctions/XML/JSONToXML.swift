import RopewalkCore

/// JSON to XML, the inverse of ``XMLToJSON``.
struct JSONToXML: Sendable {
  /// Wraps the value in an element of this name; without it the value must be an object of one member, the root.
  var root: String?
  /// What the elements of a list that is the root's own value are called.
  var itemName = "item"
  var writesDeclaration = true
  /// Two spaces and a line per element, where an element has no text beside others.
  var indents = false

  func convert(_ value: JSON, within allowance: inout WorkAllowance) throws(FunctionError) -> [UInt8] {
    var writer = Writer(indents: indents, within: allowance)
    defer { allowance = writer.allowance }
    writer.output.reserveCapacity(1024)
    if writesDeclaration { writer.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") }
    let (name, content) = try rootElement(of: value)
    try writer.writeElement(name, content, depth: 0)
    if indents { writer.append("\n") }
    return writer.output
  }

  private func rootElement(of value: JSON) throws(FunctionError) -> (String, JSON) {
    if let root {
      if case .array = value { return (root, .object([itemName: value])) }
      return (root, value)
    }
    guard case .object(let object) = value, object.count == 1, let member = object.members.first else {
      throw FunctionError(.functionInput, "the payload must be an object with the root element as its only member; or name a 'root'")
    }
    guard case .array(let elements) = member.value else { return (member.key, member.value) }
    guard elements.count == 1 else {
      throw FunctionError(.functionInput, "there can be only one root element, not a list of \(elements.count); or name a 'root'")
    }
    return (member.key, elements[0])
  }

  private struct Writer {
    var output: [UInt8] = []
    let indents: Bool
    private(set) var allowance: WorkAllowance
    /// The element being written, for error messages.
    private var path: [String] = []

    init(indents: Bool, within allowance: WorkAllowance) {
      self.indents = indents
      self.allowance = allowance
    }

    mutating func append(_ text: StaticString) {
      output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func writeElement(_ name: String, _ value: JSON, depth: Int) throws(FunctionError) {
      path.append(name)
      defer { path.removeLast() }
      // All elements of a list have its name, which may be far longer than they are.
      try allowance.count(1 + name.utf8.count + depth)
      try check(name: name)
      guard depth < XMLLimits.maxDepth else {
        throw error("elements are nested deeper than \(XMLLimits.maxDepth) levels", .functionLimit)
      }
      output.append(UInt8(ascii: "<"))
      output.append(contentsOf: name.utf8)
      switch value {
      case .object(let object): try writeContent(of: object, name, depth: depth)
      case .array: throw error("a list within a list has no name of its own")
      default:
        let text = try scalar(value)
        if text.isEmpty {
          append("/>")
        } else {
          try close(name) { (self) throws(FunctionError) in try self.write(text, inAttribute: false) }
        }
      }
    }

    private mutating func close(_ name: String, _ content: (inout Writer) throws(FunctionError) -> Void) throws(FunctionError) {
      append(">")
      try content(&self)
      append("</")
      output.append(contentsOf: name.utf8)
      append(">")
    }

    private mutating func writeContent(of object: JSONObject, _ name: String, depth: Int) throws(FunctionError) {
      var hasChildren = false
      for member in object.members {
        if member.isAttribute {
          try writeAttribute(member)
        } else if member.key != "#text", member.value != .array([]) {
          hasChildren = true
        }
      }
      let text = try object["#text"].map { (value) throws(FunctionError) in try scalar(value) } ?? ""
      guard hasChildren || !text.isEmpty else { return append("/>") }
      try close(name) { (self) throws(FunctionError) in
        try self.write(text, inAttribute: false)
        let indentation = self.indents && text.isEmpty && hasChildren ? depth + 1 : nil
        for member in object.members where !member.isAttribute && member.key != "#text" {
          try self.writeChildren(member, depth: depth, indentation: indentation)
        }
        if let indentation { self.newLine(indentation - 1) }
      }
    }

    private mutating func writeChildren(_ member: JSONObject.Member, depth: Int, indentation: Int?) throws(FunctionError) {
      if case .array(let elements) = member.value {
        for element in elements {
          if let indentation { newLine(indentation) }
          try writeElement(member.key, element, depth: depth + 1)
        }
      } else {
        if let indentation { newLine(indentation) }
        try writeElement(member.key, member.value, depth: depth + 1)
      }
    }

    private mutating func writeAttribute(_ member: JSONObject.Member) throws(FunctionError) {
      let name = String(member.key.dropFirst())
      try check(name: name)
      output.append(UInt8(ascii: " "))
      output.append(contentsOf: name.utf8)
      append("=\"")
      try write(try scalar(member.value), inAttribute: true)
      append("\"")
    }

    private mutating func newLine(_ depth: Int) {
      output.append(0x0A)
      output.append(contentsOf: repeatElement(0x20, count: depth * 2))
    }

    private func scalar(_ value: JSON) throws(FunctionError) -> String {
      switch value {
      case .null: return ""
      case .bool(let flag): return flag ? "true" : "false"
      case .number(let number): return number.literal
      case .string(let text): return text
      case .array, .object: throw error("attributes and #text must be single values, not \(value.typeName)")
      }
    }

    private mutating func write(_ text: String, inAttribute: Bool) throws(FunctionError) {
      var text = text
      let isWritten = text.withUTF8 { bytes in
        var run = 0
        for index in bytes.indices where Self.needsCare(bytes[index]) {
          guard let reference = Self.reference(for: bytes[index], inAttribute: inAttribute) else { return false }
          output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<index]))
          append(reference)
          run = index + 1
        }
        output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run...]))
        return true
      }
      guard isWritten else { throw error("a text has a control character, which XML has no form for") }
    }

    @inline(__always) private static func needsCare(_ byte: UInt8) -> Bool {
      byte < 0x20 || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "\"")
    }

    /// What stands for a byte; nil where XML has nothing that does.
    private static func reference(for byte: UInt8, inAttribute: Bool) -> StaticString? {
      switch byte {
      case UInt8(ascii: "&"): "&amp;"
      case UInt8(ascii: "<"): "&lt;"
      case UInt8(ascii: ">"): "&gt;"
      case UInt8(ascii: "\""): inAttribute ? "&quot;" : "\""
      case 0x0D: "&#13;"
      case 0x0A: inAttribute ? "&#10;" : "\n"
      case 0x09: inAttribute ? "&#9;" : "\t"
      default: nil
      }
    }

    private func check(name: String) throws(FunctionError) {
      var name = name
      guard name.withUTF8({ XMLReader.isName($0) }) else { throw error("'\(name.prefix(64))' cannot be an XML name") }
    }

    private func error(_ message: String, _ code: ErrorCode = .functionInput) -> FunctionError {
      FunctionError(code, "in element \(path.map { String($0.prefix(64)) }.joined(separator: "/")): \(message)")
    }
  }
}

extension JSONObject.Member {
  fileprivate var isAttribute: Bool { key.utf8.first == UInt8(ascii: "@") }
}
