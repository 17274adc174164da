import Foundation
import NIOCore
import NIOPosix
import RopewalkCore
import Subprocess
import SystemPackage

/// The `ropewalk` under test, as processes of its own in a folder of its own.
struct Host: Sendable {
  /// The `ropewalk` that was built beside this program.
  static let binary = FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(CommandLine.arguments[0])).removingLastComponent()
    .appending("ropewalk").string

  let folder: String
  let port: Int
  let sinkPort: Int
  /// Relative to the folder.
  static let dataDirectory = "data"
  /// Where its connectors run.
  private(set) var connectors = Connectors.embedded
  /// What every process of this host takes for the time; nil for the system's.
  var clock: ShiftedClock?
  /// The NATS server of a host that is a cluster; nil for one process with a journal of its own.
  var nats: String?

  static func make(in folder: String) throws -> Host {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let host = Host(folder: folder, port: try FreePort.next(), sinkPort: try FreePort.next())
    try host.writeIntegration()
    return host
  }

  enum Connectors: Sendable {
    case embedded
    /// The built-in ones, in processes of their own.
    case processes
    /// Other people's: one that takes messages, and one that writes them to files.
    case plugins(incoming: String, outgoing: String)
  }

  /// From the next start on.
  mutating func use(_ connectors: Connectors) throws {
    self.connectors = connectors
    try FileManager.default.createDirectory(atPath: outputFolder, withIntermediateDirectories: true)
    try writeIntegration()
  }

  /// What its destinations can do to a message; files refuse none.
  var fates: Set<Fate> {
    if case .plugins = connectors { [.deliver, .filter, .fail] } else { Set(Fate.allCases) }
  }

  /// Where connectors that write files write them.
  var outputFolder: String { folder + "/out" }

  /// How often each message arrived, by destination, where destinations are files; nil where they are not.
  func filedDeliveries() throws -> [String: [String: Int]]? {
    guard case .plugins = connectors else { return nil }
    return try Dictionary(
      uniqueKeysWithValues: ["a", "b"].map { name in
        let lines = try Data(contentsOf: URL(fileURLWithPath: "\(outputFolder)/\(name).jsonl")).split(separator: UInt8(ascii: "\n"))
        // The last line of a connector that was killed may be cut off; its message comes again.
        return (name, lines.compactMap { Payload(Array($0))?.id }.reduce(into: [:]) { $0[$1, default: 0] += 1 })
      }
    )
  }

  private func writeIntegration() throws {
    try Data(integration.utf8).write(to: URL(fileURLWithPath: folder + "/chaos.yaml"))
  }

  /// The folder of everything that lasts.
  var data: String { folder + "/" + Self.dataDirectory }

  /// Runs `ropewalk run` while `body` runs; `body` must end it through the execution it is given.
  /// - Returns: how it ended.
  @discardableResult
  func run(_ body: (Running) async throws -> Void) async throws -> TerminationStatus {
    let arguments = nats.map { ["node", "--role", "all", "--nats", $0, "chaos.yaml"] } ?? ["run", "chaos.yaml"]
    return try await run(arguments, data: Self.dataDirectory, body)
  }

  /// Runs one node of a cluster while `body` runs.
  /// - Parameter data: the node's own folder.
  func runNode(role: String, data: String, _ body: (Running) async throws -> Void) async throws {
    guard let nats else { throw Failure("this host is no cluster") }
    _ = try await run(["node", "--role", role, "--nats", nats, "chaos.yaml"], data: data, body)
  }

  private func run(_ arguments: [String], data: String, _ body: (Running) async throws -> Void) async throws -> TerminationStatus {
    let log = try FileDescriptor.open(
      FilePath(folder).appending("ropewalk.log"),
      .writeOnly,
      options: [.create, .append],
      permissions: .ownerReadWrite
    )
    return try await Subprocess.run(
      .path(FilePath(Self.binary)),
      arguments: Arguments(arguments + ["--data-dir", data]),
      environment: .inherit.updating(clock?.environment ?? [:]),
      workingDirectory: FilePath(folder),
      input: .none,
      output: .discarded,
      error: .fileDescriptor(log, closeAfterSpawningProcess: true)
    ) { execution in
      let running = Running(
        pid: execution.processIdentifier.value,
        kill: { try execution.send(signal: .kill) },
        terminate: { try execution.send(signal: .terminate) }
      )
      do {
        try await body(running)
      } catch {
        try? execution.send(signal: .kill)
        throw error
      }
    }.terminationStatus
  }

  /// The sums of the delivery law, as `ropewalk audit` prints them.
  func audit() async throws -> Audit {
    let text = try await output("audit", "--output", "json")
    guard let json = try? JSON.parse(text) else { throw Failure("ropewalk audit printed no JSON: \(text.prefix(200))") }
    return Audit(json)
  }

  /// The same for people.
  func auditTable() async throws -> String {
    try await output("audit")
  }

  /// Every dead letter, as `ropewalk dead-letters export` prints them.
  func deadLetters() async throws -> [JSON] {
    try await output("dead-letters", "export", "--state", "all").split(separator: "\n").map { try JSON.parse(String($0)) }
  }

  private func output(_ arguments: String...) async throws -> String {
    let result = try await Subprocess.run(
      .path(FilePath(Self.binary)),
      arguments: Arguments(arguments + (nats.map { ["--nats", $0] } ?? ["--data-dir", Self.dataDirectory])),
      environment: .inherit.updating(clock?.environment ?? [:]),
      workingDirectory: FilePath(folder),
      output: .string(limit: 1 << 30),
      error: .string(limit: 1 << 20)
    )
    // An audit that does not balance ends with 79, and its table says where.
    guard [.exited(0), .exited(79)].contains(result.terminationStatus) else {
      throw Failure("ropewalk \(arguments.joined(separator: " ")): \(result.standardError)")
    }
    return result.standardOutput
  }

  /// Returns when the webhook takes connections; the limit is a bound against hanging.
  func waitUntilReady(limit: Duration = .seconds(120)) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
      if let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
      {
        // Whoever answers for it may have closed it first.
        try? await channel.close().get()
        return
      }
      guard ContinuousClock.now < deadline else { throw Failure("ropewalk does not listen; see \(folder)/ropewalk.log") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  var url: String { "http://127.0.0.1:\(port)/in" }

  private var integration: String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata:
      name: chaos
    spec:
      customer: { header: X-Customer-ID }
      incoming: { type: http-webhook, \(incomingRuntime)config: { listen: "127.0.0.1:\(port)", endpoint: /in } }
      steps:
        - filter:
            type: function
            function: filter
            config: { settings: { pointer: /fate, notEquals: filter } }
      outgoing:
        - { name: a, \(destination("a")), retry: { maxRetries: 1000, initialBackoff: 50ms, maxBackoff: 500ms } }
        - { name: b, \(destination("b")), retry: { maxRetries: 1000, initialBackoff: 50ms, maxBackoff: 500ms } }
    """
  }

  private var incomingRuntime: String {
    switch connectors {
    case .embedded: ""
    case .processes: "runtime: process, sandbox: { network: host }, "
    case .plugins(let incoming, _): #"plugin: "\#(incoming)", sandbox: { network: { listen: "127.0.0.1:\#(port)" } }, "#
    }
  }

  private func destination(_ name: String) -> String {
    switch connectors {
    case .embedded: #"type: http, config: { url: "http://127.0.0.1:\#(sinkPort)/\#(name)" }"#
    case .processes:
      #"type: http, runtime: process, sandbox: { network: host }, config: { url: "http://127.0.0.1:\#(sinkPort)/\#(name)" }"#
    case .plugins(_, let outgoing):
      #"type: file, plugin: "\#(outgoing)", sandbox: { write: "\#(outputFolder)" }, config: { path: "\#(outputFolder)/\#(name).jsonl" }"#
    }
  }
}

/// A process that runs.
struct Running {
  let pid: Int32
  /// SIGKILL: it has no time to do anything.
  let kill: () throws -> Void
  /// SIGTERM: it drains.
  let terminate: () throws -> Void
}
