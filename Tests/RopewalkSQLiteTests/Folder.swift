import Foundation
import Logging

/// A folder that is gone when the test ends.
struct Folder: Sendable {
  let parent: String
  var path: String { parent + "/journal" }
  var database: String { path + "/journal.sqlite" }
  var payloads: String { path + "/payloads" }
}

func withFolder<Value>(_ body: (Folder) async throws -> Value) async throws -> Value {
  let parent = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-journal-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: parent) }
  return try await body(Folder(parent: parent))
}

extension Logger {
  static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
