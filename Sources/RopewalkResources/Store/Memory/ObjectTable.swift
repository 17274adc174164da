/// The objects of one collection, found by path and walked in order.
///
/// The order is kept in chunks, so that adding one of 100,000 moves a few hundred paths and not all of them.
struct ObjectTable {
  private static let maxChunk = 512

  private var objects: [ObjectPath: Resource] = [:]
  /// Sorted, none of them empty.
  private var chunks: [[ObjectPath]] = []

  var count: Int { objects.count }

  subscript(path: ObjectPath) -> Resource? { objects[path] }

  mutating func set(_ path: ObjectPath, to resource: Resource) {
    if objects.updateValue(resource, forKey: path) == nil { insert(path) }
  }

  mutating func remove(_ path: ObjectPath) {
    guard objects.removeValue(forKey: path) != nil else { return }
    let chunk = chunkIndex(of: path)
    chunks[chunk].remove(at: Self.position(of: path, in: chunks[chunk]))
    if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
  }

  /// The paths behind `path`, in order, until `body` returns false; nil begins with the first.
  func forEachPath(after path: ObjectPath?, _ body: (ObjectPath) -> Bool) {
    guard !chunks.isEmpty else { return }
    var chunk = path.map(chunkIndex) ?? 0
    var position =
      path.map { path in
        let position = Self.position(of: path, in: chunks[chunk])
        return position < chunks[chunk].count && chunks[chunk][position] == path ? position + 1 : position
      } ?? 0
    while chunk < chunks.count {
      while position < chunks[chunk].count {
        guard body(chunks[chunk][position]) else { return }
        position += 1
      }
      chunk += 1
      position = 0
    }
  }

  func forEachObject(_ body: (Resource) -> Void) {
    for resource in objects.values { body(resource) }
  }

  private mutating func insert(_ path: ObjectPath) {
    guard !chunks.isEmpty else {
      chunks.append([path])
      return
    }
    let chunk = chunkIndex(of: path)
    chunks[chunk].insert(path, at: Self.position(of: path, in: chunks[chunk]))
    guard chunks[chunk].count > Self.maxChunk else { return }
    let half = chunks[chunk].count / 2
    chunks.insert(Array(chunks[chunk][half...]), at: chunk + 1)
    chunks[chunk].removeSubrange(half...)
  }

  /// The last chunk that begins at or before `path`; the first where none does.
  private func chunkIndex(of path: ObjectPath) -> Int {
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      if path < chunks[middle][0] { high = middle } else { low = middle + 1 }
    }
    return max(0, low - 1)
  }

  /// Where `path` is, or would be inserted.
  private static func position(of path: ObjectPath, in chunk: [ObjectPath]) -> Int {
    var low = 0
    var high = chunk.count
    while low < high {
      let middle = (low + high) / 2
      if chunk[middle] < path { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
