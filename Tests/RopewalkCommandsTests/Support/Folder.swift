import Foundation

/// A folder of its own for one test; gone when the scope ends.
struct Folder {
  let path: String

  static func with(_ body: (Folder) async throws -> Void) async throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    try await body(Folder(path: url.path))
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// The lines of a file; none where it does not exist yet.
  func lines(of name: String) -> [String] {
    lines(in: contents(of: name))
  }

  private func contents(of name: String) -> Data { FileManager.default.contents(atPath: path + "/" + name) ?? Data() }

  private func lines(in data: Data) -> [String] {
    String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Every file below a folder, relative to it.
  func files(in name: String) -> [String] {
    FileManager.default.enumerator(atPath: path + "/" + name)?.compactMap { $0 as? String }.sorted() ?? []
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/" + name)
  }

  /// Looks at a file until it has so many lines; the limit is a bound against hanging, not a wait.
  func waitForLines(_ count: Int, in name: String, limit: Duration = .seconds(120)) async throws -> [String] {
    let deadline = ContinuousClock.now + limit
    while true {
      // Read once: the last line may be half written now and whole a moment later.
      let contents = contents(of: name)
      let lines = lines(in: contents)
      if lines.count >= count, contents.last == UInt8(ascii: "\n") || count == 0 { return lines }
      guard ContinuousClock.now < deadline else { throw WaitFailure("\(name) has \(lines.count) lines, expected \(count)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Looks at a file until it has such a line; the limit is a bound against hanging, not a wait.
  func wait(for line: String, in name: String, limit: Duration = .seconds(120)) async throws {
    let deadline = ContinuousClock.now + limit
    while !lines(of: name).contains(line) {
      guard ContinuousClock.now < deadline else { throw WaitFailure("\(name) has no line '\(line)'") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

struct WaitFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Files that the project carries, and the inputs that may lie beside it.
enum Project {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func file(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: root.appendingPathComponent(path)), as: UTF8.self)
  }

  /// A folder of real inputs; nil where this checkout has none beside it.
  static func inputs(_ name: String) -> URL? {
    let url = root.deletingLastPathComponent().appendingPathComponent("shared/data/\(name)")
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }

  static func files(in folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).sorted { $0.path < $1.path }
  }
}
