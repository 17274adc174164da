import RopewalkCore

/// XML to JSON by the rules of docs/guide/functions.md: attributes as `@name`, text beside others as `#text`, elements
/// of one name as a list.
struct XMLToJSON: Sendable {
  /// Leaves out prefixes and `xmlns` declarations.
  var stripsPrefixes = false
  /// Takes white space off both ends of texts.
  var trims = false
  /// Elements that are lists even when there is only one: names, or paths from the root such as `Invoice/InvoiceLine`.
  var listNames: Set<String> = []
  var listPaths: Set<String> = []

  /// - Returns: an object with the root element as its only member.
  func convert(_ document: [UInt8]) throws(XMLSyntaxError) -> JSON {
    let document = try XMLEncoding.utf8(document)
    return try document.withUnsafeBufferPointer { (bytes) throws(XMLSyntaxError) in
      var reader = try XMLReader(bytes: bytes)
      return try convert(&reader)
    }
  }

  private func convert(_ reader: inout XMLReader) throws(XMLSyntaxError) -> JSON {
    var open: [Element] = [Element(name: "", path: "")]
    while let piece = try reader.next() {
      switch piece {
      case .start(let range): open.append(start(range, in: reader, under: open[open.count - 1]))
      case .text(let text): open[open.count - 1].add(text)
      case .end:
        let element = open.removeLast()
        open[open.count - 1].children.append(Child(name: element.name, path: element.path, value: try value(of: element, reader)))
      }
    }
    var root = JSONObject()
    for child in open[0].children { root.append(key: child.name, value: isList(child) ? .array([child.value]) : child.value) }
    return .object(root)
  }

  /// An element that is not closed yet.
  private struct Element {
    var name: String
    /// Empty where no option asks for paths.
    var path: String
    var attributes: [JSONObject.Member] = []
    var children: [Child] = []
    private(set) var text: XMLText?
    private(set) var furtherTexts: [XMLText] = []

    mutating func add(_ text: XMLText) {
      if text.isBlank, !children.isEmpty { return }
      if self.text == nil { self.text = text } else { furtherTexts.append(text) }
    }
  }

  private struct Child {
    var name: String
    var path: String
    var value: JSON
  }

  private func start(_ range: Range<Int>, in reader: XMLReader, under parent: Element) -> Element {
    let name = key(range, in: reader)
    var element = Element(name: name, path: "")
    if !listPaths.isEmpty { element.path = parent.path.isEmpty ? name : parent.path + "/" + name }
    if !reader.attributes.isEmpty { element.attributes = attributes(of: reader) }
    return element
  }

  private func attributes(of reader: XMLReader) -> [JSONObject.Member] {
    var members: [JSONObject.Member] = []
    for attribute in reader.attributes {
      let name = reader.string(attribute.name)
      if stripsPrefixes, name == "xmlns" || name.hasPrefix("xmlns:") { continue }
      members.append(JSONObject.Member(key: "@" + key(attribute.name, in: reader), value: .string(attribute.value)))
    }
    return members
  }

  private func key(_ range: Range<Int>, in reader: XMLReader) -> String {
    guard stripsPrefixes, let colon = reader.bytes[range].firstIndex(of: UInt8(ascii: ":")), colon + 1 < range.upperBound else {
      return reader.string(range)
    }
    return reader.string(colon + 1..<range.upperBound)
  }

  private func value(of element: Element, _ reader: XMLReader) throws(XMLSyntaxError) -> JSON {
    let text = try text(of: element, reader)
    if element.attributes.isEmpty, element.children.isEmpty { return .string(text) }
    var object = JSONObjectBuilder()
    for attribute in element.attributes { object.set(attribute.key, to: attribute.value) }
    if !text.isEmpty { object.set("#text", to: .string(text)) }
    add(element.children, to: &object)
    return .object(object.finish())
  }

  /// The element's own text; beside child elements, runs of nothing but white space are none of it.
  private func text(of element: Element, _ reader: XMLReader) throws(XMLSyntaxError) -> String {
    guard let first = element.text else { return "" }
    let hasChildren = !element.children.isEmpty
    var text = first.isBlank && hasChildren ? "" : try reader.decode(first)
    for further in element.furtherTexts where !(further.isBlank && hasChildren) { text += try reader.decode(further) }
    return trims ? text.trimmingXMLSpace() : text
  }

  /// The children of one name.
  private struct Group {
    var first: Child
    var further: [JSON] = []
  }

  private func add(_ children: [Child], to object: inout JSONObjectBuilder) {
    var groups: [Group] = []
    groups.reserveCapacity(children.count)
    var index = GroupIndex()
    for child in children {
      if let place = index.place(of: child.name, among: groups) {
        groups[place].further.append(child.value)
      } else {
        groups.append(Group(first: child))
      }
    }
    for group in groups {
      let isSingle = group.further.isEmpty && !isList(group.first)
      object.set(group.first.name, to: isSingle ? group.first.value : .array([group.first.value] + group.further))
    }
  }

  /// Finds a name's group: the last one first, for children of one name mostly follow one another.
  private struct GroupIndex {
    private var places: [ExactText: Int] = [:]

    private static let linearSearchLimit = 16

    mutating func place(of name: String, among groups: [Group]) -> Int? {
      if groups.count <= Self.linearSearchLimit {
        for place in groups.indices.reversed() where groups[place].first.name.isSameText(as: name) { return place }
        return nil
      }
      if places.isEmpty {
        for (place, group) in groups.enumerated() { places[ExactText(group.first.name)] = place }
      }
      if let place = places[ExactText(name)] { return place }
      places[ExactText(name)] = groups.count
      return nil
    }
  }

  private func isList(_ child: Child) -> Bool {
    (!listNames.isEmpty && listNames.contains(child.name)) || (!listPaths.isEmpty && listPaths.contains(child.path))
  }
}

extension String {
  func trimmingXMLSpace() -> String {
    let bytes = utf8
    guard let first = bytes.firstIndex(where: { !XMLReader.isSpace($0) }) else { return "" }
    let last = bytes.lastIndex { !XMLReader.isSpace($0) } ?? first
    return first == bytes.startIndex && bytes.index(after: last) == bytes.endIndex ? self : String(self[first...last])
  }
}
