package import RopewalkCore
import RopewalkFunctions

extension ErrorCode {
  /// The patch is none, or does not fit the object.
  package static let patchInvalid = ErrorCode("patch.invalid", .rejected)
}

/// JSON patch, RFC 6902: operations in order, all of them or nothing.
package struct JSONPatch: Sendable {
  /// The most operations in one patch, the limit of Kubernetes.
  package static let maxOperations = 10_000
  /// The most bytes that the operations `copy` of one patch may add, all together: 3 MiB, the limit of Kubernetes.
  package static let maxCopied = 3 << 20

  private enum Operation {
    case add(JSON), remove, replace(JSON), test(JSON)
    case move(from: [String])
    case copy(from: [String])
  }

  private let operations: [(path: [String], operation: Operation)]

  /// - Throws: `patch.invalid` when the document is no patch.
  package init(_ document: JSON) throws(RopewalkError) {
    guard let items = document.array else { throw Self.error("a JSON patch is a list of operations; found \(document.typeName)") }
    guard items.count <= Self.maxOperations else {
      throw Self.error("a JSON patch has at most \(Self.maxOperations) operations; this one has \(items.count)")
    }
    var operations: [(path: [String], operation: Operation)] = []
    for (index, item) in items.enumerated() { operations.append(try Self.operation(item, index)) }
    self.operations = operations
  }

  private static func operation(_ item: JSON, _ index: Int) throws(RopewalkError) -> ([String], Operation) {
    guard let path = try pointer(item["path"], "[\(index)].path") else { throw error("[\(index)].path: missing") }
    func value() throws(RopewalkError) -> JSON {
      guard let value = item["value"] else { throw error("[\(index)].value: missing") }
      return value
    }
    func from() throws(RopewalkError) -> [String] {
      guard let from = try pointer(item["from"], "[\(index)].from") else { throw error("[\(index)].from: missing") }
      return from
    }
    switch item["op"]?.string {
    case "add": return (path, .add(try value()))
    case "remove": return (path, .remove)
    case "replace": return (path, .replace(try value()))
    case "test": return (path, .test(try value()))
    case "move": return (path, .move(from: try from()))
    case "copy": return (path, .copy(from: try from()))
    default: throw error("[\(index)].op: must be add, remove, replace, move, copy or test")
    }
  }

  private static func pointer(_ json: JSON?, _ place: String) throws(RopewalkError) -> [String]? {
    guard let json else { return nil }
    guard case .string(let text) = json, text.isEmpty || text.hasPrefix("/") else { throw error("\(place): must be empty or begin with /") }
    return text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
      part.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
        .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
    }
  }

  /// - Throws: `patch.invalid` when an operation does not fit; nothing of the patch is applied then.
  package func apply(to target: JSON) throws(RopewalkError) -> JSON {
    var result = target
    var copied = 0
    for (index, (path, operation)) in operations.enumerated() {
      let place = "[\(index)] /\(path.joined(separator: "/"))"
      switch operation {
      case .add(let value):
        try Self.checkDepth(of: value, at: path, place)
        try Self.change(&result, path[...], place) { $0.insert(value) }
      case .remove: try Self.change(&result, path[...], place) { $0.remove() != nil }
      case .replace(let value):
        try Self.checkDepth(of: value, at: path, place)
        try Self.change(&result, path[...], place) { $0.replace(value) }
      case .test(let expected):
        guard let value = Self.value(at: path[...], in: result), value.isSameValue(as: expected) else {
          throw Self.error("\(place): the test failed")
        }
      case .move(let from):
        guard !path.starts(with: from) || path == from, let value = Self.value(at: from[...], in: result) else {
          throw Self.error("\(place): there is nothing to move at /\(from.joined(separator: "/"))")
        }
        try Self.checkDepth(of: value, at: path, place)
        try Self.change(&result, from[...], place) { $0.remove() != nil }
        try Self.change(&result, path[...], place) { $0.insert(value) }
      case .copy(let from):
        guard let value = Self.value(at: from[...], in: result) else {
          throw Self.error("\(place): there is nothing to copy at /\(from.joined(separator: "/"))")
        }
        try Self.checkDepth(of: value, at: path, place)
        copied += value.serialised().count
        guard copied <= Self.maxCopied else { throw Self.error("\(place): more than \(Self.maxCopied) bytes are copied") }
        try Self.change(&result, path[...], place) { $0.insert(value) }
      }
    }
    return result
  }

  /// What is deeper than text may be could be written, and not be read again.
  private static func checkDepth(of value: JSON, at path: [String], _ place: String) throws(RopewalkError) {
    guard !value.isNested(deeperThan: JSON.maxNesting - path.count) else {
      throw error("\(place): nested deeper than \(JSON.maxNesting) levels")
    }
  }

  private static func value(at path: ArraySlice<String>, in json: JSON) -> JSON? {
    guard let key = path.first else { return json }
    switch json {
    case .object(let object): return object[key].flatMap { value(at: path.dropFirst(), in: $0) }
    case .array(let elements):
      guard let index = index(key), index < elements.count else { return nil }
      return value(at: path.dropFirst(), in: elements[index])
    default: return nil
    }
  }

  private static func change(
    _ json: inout JSON,
    _ path: ArraySlice<String>,
    _ place: String,
    _ body: (inout PatchPlace) -> Bool
  ) throws(RopewalkError) {
    guard let key = path.first else {
      var root = PatchPlace(container: .array([json]), key: "0")
      guard body(&root), case .array(let elements) = root.container else { throw error("\(place): does not fit") }
      json = elements.first ?? .null
      return
    }
    guard path.count > 1 else {
      var last = PatchPlace(container: json, key: key)
      guard body(&last) else { throw error("\(place): there is no such place in the object") }
      json = last.container
      return
    }
    switch json {
    case .object(var object):
      guard var member = object[key] else { throw error("\(place): there is no such place in the object") }
      try change(&member, path.dropFirst(), place, body)
      object[key] = member
      json = .object(object)
    case .array(var elements):
      guard let index = index(key), index < elements.count else { throw error("\(place): there is no such place in the object") }
      try change(&elements[index], path.dropFirst(), place, body)
      json = .array(elements)
    default: throw error("\(place): there is no such place in the object")
    }
  }

  fileprivate static func index(_ key: String) -> Int? {
    guard key == "0" || !key.hasPrefix("0"), key.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(key)
  }

  private static func error(_ message: String) -> RopewalkError {
    RopewalkError(.patchInvalid, "the patch cannot be applied: \(message)")
  }
}

/// A member of an object or an element of a list; its methods say whether there is such a place.
private struct PatchPlace {
  var container: JSON
  let key: String

  mutating func insert(_ value: JSON) -> Bool {
    switch container {
    case .object(var object):
      object[key] = value
      container = .object(object)
    case .array(var elements):
      guard let index = key == "-" ? elements.count : JSONPatch.index(key), index <= elements.count else { return false }
      elements.insert(value, at: index)
      container = .array(elements)
    default: return false
    }
    return true
  }

  mutating func remove() -> JSON? {
    switch container {
    case .object(var object):
      guard let value = object[key] else { return nil }
      object[key] = nil
      container = .object(object)
      return value
    case .array(var elements):
      guard let index = JSONPatch.index(key), index < elements.count else { return nil }
      let value = elements.remove(at: index)
      container = .array(elements)
      return value
    default: return nil
    }
  }

  mutating func replace(_ value: JSON) -> Bool {
    switch container {
    case .object(var object):
      guard object[key] != nil else { return false }
      object[key] = value
      container = .object(object)
    case .array(var elements):
      guard let index = JSONPatch.index(key), index < elements.count else { return false }
      elements[index] = value
      container = .array(elements)
    default: return false
    }
    return true
  }
}
