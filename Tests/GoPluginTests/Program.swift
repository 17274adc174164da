import Glibc
import NIOCore

@testable import GoPlugin

/// Runs a program that is no plugin.
enum Program {
  /// Returns what it printed on standard output, and how it ended.
  static func run(_ path: String, _ arguments: [String]) async throws -> (output: String, status: ExitStatus) {
    try await start(path, arguments) { process, lines in
      var output = ""
      for try await line in lines { output += line + "\n" }
      return (output, try await process.exit())
    }
  }

  /// Starts it with this process's environment, and gives `body` the lines it prints. Kills it when `body` ends.
  static func start<Result: Sendable>(
    _ path: String,
    _ arguments: [String],
    _ body: (PluginProcess, AsyncStream<String>) async throws -> Result
  ) async throws -> Result {
    let pipe = try Pipe()
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let process = try await ProcessKeeper.shared.get().launch(
      Launch(
        command: PluginCommand(executable: path, arguments: arguments, environment: ["PATH": "/usr/bin:/bin"]),
        standardInput: null,
        standardOutput: pipe.writing,
        standardError: null,
        noNewPrivileges: false
      )
    )
    close(pipe.writing)
    let (lines, writer) = AsyncStream.makeStream(of: String.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { writer.finish() }
        var splitter = LineSplitter(limit: 1 << 16)
        try await PipeReading.channel(of: pipe.reading).executeThenClose { inbound in
          for try await buffer in inbound {
            splitter.read(buffer.readableBytesView) { writer.yield(String(decoding: $0.bytes, as: UTF8.self)) }
          }
        }
      }
      let result: Swift.Result<Result, any Error>
      do {
        result = .success(try await body(process, lines))
      } catch {
        result = .failure(error)
      }
      _ = await process.kill()
      group.cancelAll()
      return try result.get()
    }
  }
}
