import Foundation
import RopewalkCore
import Subprocess
import SystemPackage
import Testing

/// The built `ropewalk`, run as a user runs it.
enum Ropewalk {
  static let binary = product("ropewalk")

  /// The products lie beside the test bundle.
  private static func product(_ name: String) -> String {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name).path
  }

  private static func keys(_ environment: [String: String]) -> [Environment.Key: String?] {
    Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) })
  }

  struct Result {
    var exitCode: Int32
    var output: String
    var errors: String

    /// The output, where it is JSON; null where it is not.
    var json: JSON { (try? JSON.parse(output.trimmingCharacters(in: .newlines))) ?? .null }
  }

  /// Asks for dead letters until there are so many; the limit is a bound against hanging, not a wait.
  static func deadLetters(
    _ count: Int,
    _ filter: String...,
    in folder: Folder,
    limit: Duration = .seconds(120)
  ) async throws -> [JSON] {
    let deadline = ContinuousClock.now + limit
    while true {
      let result = try await run(["dead-letters", "list", "--output", "json"] + filter, in: folder)
      let letters = result.json["letters"]?.array ?? []
      if letters.count >= count { return letters }
      guard ContinuousClock.now < deadline else {
        throw WaitFailure("there are \(letters.count) dead letters, expected \(count); \(result.errors)")
      }
    }
  }

  /// Runs a command to its end.
  static func run(_ arguments: String..., environment: [String: String] = [:], in folder: Folder) async throws -> Result {
    try await run(arguments, environment: environment, in: folder)
  }

  /// - Parameter program: another one than the built one.
  static func run(
    _ arguments: [String],
    of program: String = binary,
    environment: [String: String] = [:],
    in folder: Folder
  ) async throws -> Result {
    let result = try await Subprocess.run(
      .path(FilePath(program)),
      arguments: Arguments(arguments),
      environment: .inherit.updating(Self.keys(environment)),
      workingDirectory: FilePath(folder.path),
      output: .string(limit: 4 << 20),
      error: .string(limit: 4 << 20)
    )
    guard case .exited(let code) = result.terminationStatus else {
      Issue.record("\(program) \(arguments) ended with \(String(describing: result.terminationStatus))")
      return Result(exitCode: -1, output: result.standardOutput, errors: result.standardError)
    }
    return Result(exitCode: Int32(code), output: result.standardOutput, errors: result.standardError)
  }

  /// How ``serving(_:command:options:ports:environment:ending:in:_:)`` ends.
  enum End {
    /// With SIGTERM; the process must end by itself then, with exit code 0.
    case drained
    /// With SIGTERM and, once it drains, another; it must end with exit code 130 then.
    case stopped
    /// With SIGKILL.
    case killed
  }

  /// Runs integrations, or another command that goes on until it is asked to stop, in the background while `body` runs, then ends them.
  ///
  /// `body` starts when every one of `ports` accepts connections.
  /// - Returns: what it wrote to standard error.
  @discardableResult
  static func serving(
    _ files: [String],
    command: String = "run",
    options: [String] = [],
    ports: [Int],
    environment: [String: String] = [:],
    ending end: End = .drained,
    in folder: Folder,
    _ body: () async throws -> Void
  ) async throws -> String {
    let log = try FileDescriptor.open(
      FilePath(folder.path).appending("standard-error.log"),
      .writeOnly,
      options: [.create, .truncate],
      permissions: .ownerReadWrite
    )
    let result = try await Subprocess.run(
      .path(FilePath(binary)),
      arguments: Arguments([command] + files + options),
      environment: .inherit.updating(Self.keys(environment)),
      workingDirectory: FilePath(folder.path),
      input: .none,
      output: .discarded,
      error: .fileDescriptor(log, closeAfterSpawningProcess: true)
    ) { execution in
      do {
        for port in ports { try await HTTP.waitForListener(on: port) }
        try await body()
      } catch {
        try? execution.send(signal: .kill)
        Issue.record("standard error of ropewalk: \(folder.lines(of: "standard-error.log").joined(separator: "\n"))")
        throw error
      }
      switch end {
      case .killed: try execution.send(signal: .kill)
      case .drained: try execution.send(signal: .terminate)
      case .stopped:
        try execution.send(signal: .terminate)
        try await folder.wait(for: "draining; once more stops at once", in: "standard-error.log")
        try execution.send(signal: .terminate)
      }
    }
    let errors = folder.lines(of: "standard-error.log").joined(separator: "\n")
    switch (end, result.terminationStatus) {
    case (.drained, .exited(0)), (.stopped, .exited(130)), (.killed, .signaled): return errors
    default: break
    }
    Issue.record("ropewalk ended with \(String(describing: result.terminationStatus)): \(errors)")
    return errors
  }
}
