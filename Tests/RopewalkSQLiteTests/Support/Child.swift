import Foundation
import RopewalkTesting
import Subprocess
import SystemPackage

/// The process of `Tests/JournalChild`.
struct Child {
  let pid: Int32
  private let output: String
  private let send: () throws -> Void

  /// What it has written, whole lines only.
  var lines: [String] { Self.lines(of: output) }

  private static func lines(of output: String) -> [String] {
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  func kill() throws { try send() }

  /// Returns once it has written at least so many lines.
  func waitForLines(_ count: Int) async throws {
    try await eventually { lines.count >= count }
  }

  /// Runs it while `body` runs, which must kill it.
  /// - Returns: every line that it wrote.
  @discardableResult
  static func with(_ command: String, _ folder: Folder, _ body: (Child) async throws -> Void) async throws -> [String] {
    let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("JournalChild").path
    let output = folder.parent + "/output-\(UUID().uuidString)"
    let descriptor = try FileDescriptor.open(
      FilePath(output),
      .writeOnly,
      options: [.create, .append],
      permissions: .ownerReadWrite
    )
    _ = try await Subprocess.run(
      .path(FilePath(binary)),
      arguments: [command, folder.path],
      input: .none,
      output: .fileDescriptor(descriptor, closeAfterSpawningProcess: true),
      error: .discarded
    ) { execution in
      let pid = Int32(execution.processIdentifier.value)
      do {
        try await body(Child(pid: pid, output: output) { try execution.send(signal: .kill) })
      } catch {
        try? execution.send(signal: .kill)
        throw error
      }
    }
    return lines(of: output)
  }
}
