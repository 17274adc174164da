import Glibc
import Logging
import NIOCore
import RopewalkTesting

@testable import GoPlugin
@testable import RopewalkProcess

/// A program that is run in a sandbox and is no plugin.
enum Captive {
  private static let package = String(
    #filePath.prefix(#filePath.count - "/Tests/RopewalkProcessTests/Sandbox/Captive.swift".count)
  )

  /// Built with the tests, beside them: tries to get out.
  static let peer = "\(package)/.build/debug/SandboxPeer"
  /// Built with the tests: a plugin in Swift, with shared libraries from all over.
  static let plugin = "\(package)/.build/debug/GoPluginPeer"
  /// Built by `scripts/build-go-plugins`.
  static let goPlugin = "\(package)/.build/go-plugins/plugin"

  private static let probe = Task { await SandboxSupport.probe() }
  static var support: SandboxSupport { get async { await probe.value } }

  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  struct Outcome {
    /// What it printed, on both outputs.
    var lines: [String]
    var status: ExitStatus
    var memoryKills: Int
    var refusedProcesses: Int
  }

  /// Runs the peer to its end.
  static func run(_ spec: SandboxSpec = SandboxSpec(), _ arguments: String...) async throws -> Outcome {
    try await run(peer, arguments, spec: spec)
  }

  static func run(_ program: String, _ arguments: [String], spec: SandboxSpec) async throws -> Outcome {
    try await start(arguments, program: program, spec: spec) { sandbox, process, lines in
      var printed: [String] = []
      for await line in lines { printed.append(line) }
      return Outcome(
        lines: printed,
        status: Sandbox.status(of: try await process.exit()),
        memoryKills: sandbox.memoryKills,
        refusedProcesses: sandbox.refusedProcesses
      )
    }
  }

  /// Starts a program, and gives `body` the lines it prints. Kills it when `body` ends.
  /// - Parameter isGrouped: false for a machine on which no control group can be made.
  static func start<Result: Sendable>(
    _ arguments: [String],
    program: String = peer,
    spec: SandboxSpec = SandboxSpec(),
    environment: [String: String] = [:],
    isGrouped: Bool = true,
    _ body: (Sandbox, PluginProcess, AsyncStream<String>) async throws -> Result
  ) async throws -> Result {
    var support = await Self.support
    if !isGrouped { support.places.keep { _ in [] } }
    return try await withSandbox(spec, support: support, logger: quiet) { sandbox in
      let command = PluginCommand(executable: program, arguments: arguments, environment: environment)
      return try await run(sandbox.enclose(command, hostSockets: nil)) { process, lines in try await body(sandbox, process, lines) }
    }
  }

  /// Runs a command that is not held by anything.
  static func runFree(_ arguments: String...) async throws -> [String] {
    let command = PluginCommand(executable: peer, arguments: arguments, environment: [:])
    return try await run(command) { _, lines in
      var printed: [String] = []
      for await line in lines { printed.append(line) }
      return printed
    }
  }

  /// Starts a command, and gives `body` the lines it prints. Kills it when `body` ends.
  static func run<Result: Sendable>(
    _ command: PluginCommand,
    _ body: (PluginProcess, AsyncStream<String>) async throws -> Result
  ) async throws -> Result {
    let pipe = try Pipe()
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let process = try await ProcessKeeper.shared.get().launch(
      Launch(
        command: command,
        standardInput: null,
        standardOutput: pipe.writing,
        standardError: pipe.writing,
        noNewPrivileges: true
      )
    )
    close(pipe.writing)
    for descriptor in command.descriptors { close(descriptor) }
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
