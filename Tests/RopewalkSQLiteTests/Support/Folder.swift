import Foundation
import InMemoryLogging
import Logging

/// A journal's folder, gone when the test ends.
struct Folder: Sendable {
  /// Where the journal's folder stands, and whatever else a test needs.
  let parent: String
  var name = "journal"
  var path: String { parent + "/" + name }
  var database: String { path + "/journal.sqlite" }
  var log: String { database + "-wal" }

  /// The names of the payloads' files.
  var payloads: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path + "/payloads") }
  }

  private static let mark = "journal.made"

  var isMarked: Bool { FileManager.default.fileExists(atPath: path + "/" + Self.mark) }

  func removeMark() throws {
    try FileManager.default.removeItem(atPath: path + "/" + Self.mark)
  }

  /// The folder as a crash at this moment would leave it. Nothing may be written meanwhile.
  func afterCrash() throws -> Folder {
    let copy = Folder(parent: parent, name: "crashed-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
    for file in ["journal.sqlite", "journal.sqlite-wal", "payloads"] + (isMarked ? [Self.mark] : []) {
      try FileManager.default.copyItem(atPath: path + "/" + file, toPath: copy.path + "/" + file)
    }
    return copy
  }
}

func withFolder<Value>(_ body: (Folder) async throws -> Value) async throws -> Value {
  let parent = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-journal-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: parent) }
  return try await body(Folder(parent: parent))
}

extension Logger {
  static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  static func recording(_ handler: InMemoryLogHandler) -> Logger { Logger(label: "test") { _ in handler } }
}

extension InMemoryLogHandler {
  func contains(_ message: String) -> Bool { entries.contains { "\($0.message)".contains(message) } }
}

extension Folder {
  func permissions(of file: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path + file)[.posixPermissions] as? Int
  }
}
