package import RopewalkCore

/// Keys that a JSON document has twice in one object, of which a parser keeps the last.
enum DuplicateKeys {
  /// How many are looked for.
  static let limit = 20

  private struct Level {
    let isObject: Bool
    var keys: Set<String> = []
    var isKeyNext = true
    /// The key or the index that is being read.
    var place = ""
    var index = 0
  }

  /// The paths of the keys, such as `spec.size`, in the order in which they come again.
  /// - Parameter bytes: valid JSON.
  static func paths(in bytes: [UInt8]) -> [String] {
    var levels: [Level] = []
    var found: [String] = []
    var index = 0
    while index < bytes.count, found.count < limit {
      switch bytes[index] {
      case UInt8(ascii: "{"): levels.append(Level(isObject: true))
      case UInt8(ascii: "["): levels.append(Level(isObject: false, place: "[0]"))
      case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
      case UInt8(ascii: ","):
        guard var level = levels.popLast() else { break }
        level.isKeyNext = true
        level.index += 1
        if !level.isObject { level.place = "[\(level.index)]" }
        levels.append(level)
      case UInt8(ascii: "\""):
        let end = endOfString(bytes, from: index)
        if var level = levels.popLast() {
          if level.isObject, level.isKeyNext, let key = try? JSON.parse(Array(bytes[index...end])).string {
            level.place = key
            level.isKeyNext = false
            if !level.keys.insert(key).inserted { found.append(path(levels + [level])) }
          }
          levels.append(level)
        }
        index = end
      default: break
      }
      index += 1
    }
    return found
  }

  private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < bytes.count - 1, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
    return min(index, bytes.count - 1)
  }

  private static func path(_ levels: [Level]) -> String {
    levels.reduce(into: "") { path, level in
      path += path.isEmpty || !level.isObject ? level.place : ".\(level.place)"
    }
  }
}

extension Resource {
  /// Reads a document that somebody sends to be written.
  ///
  /// What is there twice is refused, warned of or ignored as `options.fieldValidation` says; where it is not refused, the
  /// last counts.
  /// - Throws: `resource.malformed`.
  package static func read(_ bytes: [UInt8], options: WriteOptions) throws(RopewalkError) -> Resource {
    let resource = try Resource(parsing: bytes)
    guard options.fieldValidation != .ignore else { return resource }
    let duplicates = DuplicateKeys.paths(in: bytes).map { "duplicate field \"\($0)\"" }
    if options.fieldValidation == .strict, !duplicates.isEmpty {
      throw RopewalkError(.resourceMalformed, "strict decoding error: \(duplicates.joined(separator: ", "))")
    }
    for text in duplicates { options.onWarning?(text) }
    return resource
  }
}
