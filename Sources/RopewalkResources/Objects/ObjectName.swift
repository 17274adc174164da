import RopewalkCore

/// The rule for names of objects, connections and steps: that of Kubernetes for a DNS label.
enum ObjectName {
  static let maxLength = 63

  static func isValid(_ name: String) -> Bool {
    (1...maxLength).contains(name.utf8.count) && name.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
      && name.utf8.first.map(isAlphanumeric) == true && name.utf8.last.map(isAlphanumeric) == true
  }

  /// A valid name that looks like this one; nil when nothing is left of it.
  static func nearest(to name: String) -> String? {
    var bytes: [UInt8] = []
    for byte in name.lowercased().utf8.prefix(maxLength) {
      if isAlphanumeric(byte) {
        bytes.append(byte)
      } else if bytes.last != UInt8(ascii: "-"), !bytes.isEmpty {
        bytes.append(UInt8(ascii: "-"))
      }
    }
    while bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension YAMLField {
  /// A name by the rule of ``ObjectName``.
  func name(example: String) -> String? {
    guard let name = string("a name", example: example) else { return nil }
    guard !ObjectName.isValid(name) else { return name }
    let remedy = "use at most \(ObjectName.maxLength) small letters, digits and '-', with a letter or digit at both ends"
    error("\(node.found) cannot be a name", remedy: ObjectName.nearest(to: name).map { "\(remedy), such as \($0)" } ?? remedy)
    return nil
  }
}
