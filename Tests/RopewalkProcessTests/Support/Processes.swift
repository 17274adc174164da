import Foundation
import Logging
import RopewalkConnector
import RopewalkCore
import Synchronization
import Testing

@testable import RopewalkProcess

/// Connectors in processes of their own, for tests; without a sandbox unless a test asks for one.
enum Processes {
  static let builtIn = product("ropewalk-connector")
  static let ropewalk = product("ropewalk")

  /// The products lie beside the test bundle.
  private static func product(_ name: String) -> String {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// Built with the tests, beside them: says that its connections may share a process.
  static let peer = URL(fileURLWithPath: builtIn).deletingLastPathComponent().appendingPathComponent("ConnectorPeer").path

  static let quietLogger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

  /// Short waits, so that tests are quick.
  static var limits: ConnectorLimits {
    var limits = ConnectorLimits()
    limits.startTimeout = .seconds(60)
    limits.restartBackoff = RetryPolicy(maxRetries: .max, initialBackoff: .milliseconds(5), maxBackoff: .milliseconds(50))
    limits.changeCheck = .milliseconds(10)
    limits.sendPatience = .seconds(60)
    return limits
  }

  static func with<Result: Sendable>(
    _ limits: ConnectorLimits = limits,
    _ body: (ConnectorProcesses, Folder) async throws -> Result
  ) async throws -> Result {
    try await Folder.with { folder in
      let processes = ConnectorProcesses(
        dataFolder: folder.path + "/data",
        limits: limits,
        logger: quietLogger
      )
      return try await processes.run { try await body(processes, folder) }
    }
  }

  static func request(
    _ type: String,
    name: String = "c",
    integration: String = "orders",
    role: ConnectorRequest.Role = .outgoing,
    program: String = builtIn,
    arguments: [String] = [],
    sandbox: SandboxSpec? = nil,
    settings: JSONObject
  ) -> ConnectorRequest {
    ConnectorRequest(
      tenant: "default",
      integration: integration,
      role: role,
      program: ConnectorProgram(executable: program, arguments: arguments),
      sandbox: sandbox,
      configuration: ConnectionConfiguration(name: name, type: type, settings: settings)
    )
  }

  /// Looks until it is so; the limit is a bound against hanging.
  static func wait(_ what: String, limit: Duration = .seconds(120), until isTrue: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try !isTrue() {
      guard ContinuousClock.now < deadline else {
        Issue.record("it never came to be that \(what)")
        throw CancellationError()
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

extension ConnectorProcesses {
  func connected(_ request: ConnectorRequest) async throws -> ProcessConnector {
    let connector = try await connector(request)
    try await connector.connect(request.configuration)
    return connector
  }
}

extension ProcessConnector {
  /// As the pipeline does: again, as long as nothing was attempted.
  func sendUntilTaken(_ message: Message) async throws {
    while true {
      do throws(ConnectionError) {
        return try await send(message)
      } catch {
        guard error.attempt != .made else { throw error }
        try await error.pause()
      }
    }
  }
}

extension ConnectionError {
  /// Waits as long as was asked for before the next attempt, as the pipeline does. Tasks that try at once and are refused
  /// at once would take the process's few threads from everybody, and from what they wait for.
  func pause() async throws {
    try await Task.sleep(for: max(retryAfter ?? .zero, .milliseconds(5)))
  }
}

extension Message {
  static func line(_ number: Int) -> Message {
    Message(id: "m-\(number)", payload: Array("line \(number)".utf8), contentType: "text/plain")
  }
}

/// Counts from any task.
final class Count: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }

  func add() { count.add(1, ordering: .relaxed) }
}

extension Folder {
  func lines(of name: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: path + "/" + name) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
