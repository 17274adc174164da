import Foundation
import Testing

/// A folder for the time of a test.
struct TestFolder {
  let path: String

  static func with<Result>(_ body: (TestFolder) async throws -> Result) async throws -> Result {
    let folder = TestFolder(path: NSTemporaryDirectory() + "/ropewalk-test-" + UUID().uuidString)
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    return try await body(folder)
  }

  func path(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String) throws {
    try write(Array(text.utf8), to: name)
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    guard FileManager.default.createFile(atPath: path(name), contents: Data(bytes)) else { throw CocoaError(.fileWriteUnknown) }
  }

  func append(_ text: String, to name: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: path(name)))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  func read(_ name: String) -> String? {
    FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The names of what is in it, sorted.
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
