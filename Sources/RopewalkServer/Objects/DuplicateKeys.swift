/// Finds keys that are written twice in one object of a JSON text, which the parser takes for one.
struct DuplicateKeys {
  /// Keys that are reported at most.
  private static let limit = 16

  private enum Container {
    case list
    case object(Set<String>, expectsKey: Bool)
  }

  /// - Parameter text: valid JSON.
  static func find(in text: String) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var finder = DuplicateKeys(bytes: bytes)
      finder.run()
      return finder.found
    }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var containers: [Container] = []
  private var found: [String] = []

  private init(bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  private mutating func run() {
    while position < bytes.count, found.count < Self.limit {
      switch bytes[position] {
      case UInt8(ascii: "{"): containers.append(.object([], expectsKey: true))
      case UInt8(ascii: "["): containers.append(.list)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = containers.popLast()
      case UInt8(ascii: ","): expectKey()
      case UInt8(ascii: "\""): string()
      default: break
      }
      position += 1
    }
  }

  private mutating func expectKey() {
    guard case .object(let keys, _) = containers.popLast() else { return containers.append(.list) }
    containers.append(.object(keys, expectsKey: true))
  }

  /// Walks to the closing quote; a key is noted.
  private mutating func string() {
    let start = position + 1
    position = start
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard case .object(var keys, expectsKey: true) = containers.last, position <= bytes.count else { return }
    let key = String(decoding: bytes[start..<position], as: UTF8.self)
    containers.removeLast()
    if !keys.insert(key).inserted { found.append(key) }
    containers.append(.object(keys, expectsKey: false))
  }
}
