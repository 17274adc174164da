import FoundationEssentials
import Logging
import RopewalkCore
import Synchronization
import Testing

@testable import GoPlugin
@testable import RopewalkConnector

/// The connector of `Tests/ConnectorPeer`, in a process of its own.
struct PeerProcess {
  private static let package = String(#filePath.prefix(#filePath.count - "/Tests/RopewalkConnectorTests/Remote/PeerProcess.swift".count))
  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  var executable = "\(package)/.build/debug/ConnectorPeer"
  var arguments: [String] = []
  var ends: ConnectionEnds = [.incoming, .outgoing]
  var resumePosition: [UInt8] = []
  var limits = Self.patient
  var rule = IncomingRule()
  var host = HostServices()

  /// For a busy machine.
  private static var patient: RemoteLimits {
    var limits = RemoteLimits()
    limits.callTimeout = .seconds(60)
    return limits
  }

  /// Serving apart from the connection's thread, and on it.
  static let ways: [[String]] = [[], ["nonblocking"]]

  func withPlugin<Result: Sendable>(_ body: (Plugin) async throws -> Result) async throws -> Result {
    var configuration = PluginConfiguration(
      executable: executable,
      cookie: ConnectorProtocol.cookie,
      protocolVersions: ConnectorProtocol.handshakeVersions
    )
    configuration.arguments = arguments
    configuration.limits.startTimeout = .seconds(60)
    return try await GoPlugin.withPlugin(configuration, logger: Self.quiet, body)
  }

  func withConnector<Result: Sendable>(
    over plugin: Plugin,
    id: String = "one",
    onPosition: @escaping @Sendable ([UInt8]) async -> Void = { _ in },
    _ body: (RemoteConnector) async throws -> Result
  ) async throws -> Result {
    var options = RemoteOptions(connectionID: id, ends: ends)
    options.resumePosition = resumePosition
    options.limits = limits
    options.incomingRule = rule
    return try await withRemoteConnector(over: plugin, options, host: host, logger: Self.quiet, onPosition: onPosition, body)
  }

  /// Starts the peer, and gives `body` its one connection, connected.
  func withConnection<Result: Sendable>(
    _ settings: JSONObject = [:],
    onPosition: @escaping @Sendable ([UInt8]) async -> Void = { _ in },
    _ body: (RemoteConnector, Plugin) async throws -> Result
  ) async throws -> Result {
    try await withPlugin { plugin in
      try await withConnector(over: plugin, onPosition: onPosition) { connector in
        try await connector.connect(Self.configuration(settings))
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(connector, plugin)) } catch { result = .failure(error) }
        await connector.disconnect()
        return try result.get()
      }
    }
  }

  static func configuration(_ settings: JSONObject = [:]) -> ConnectionConfiguration {
    var configuration = ConnectionConfiguration(name: "peer", type: "peer", settings: settings)
    configuration.timeout = .seconds(60)
    return configuration
  }
}

/// What the peer wrote down, in a file that outlives it.
final class PeerJournal: Sendable {
  let path: String

  init() {
    path = "/tmp/connector-peer-\(UInt64.random(in: 0 ... .max)).log"
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var settings: JSONObject { ["journal": .string(path)] }

  var lines: [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The ids of the messages that the peer was sent, as often as it was.
  var sent: [String] { lines.filter { $0.hasPrefix("sent ") }.map { String($0.split(separator: " ")[1]) } }
}

/// An inbox of a host that has each message once.
final class Accepting: Sendable {
  private struct State {
    var messages: [Message] = []
    var ids: Set<String> = []
    var duplicates = 0
    var goals: [(Int, Eventually<Void>)] = []
  }

  private let state = Mutex(State())
  /// What to answer beside taking it; nil to take it.
  private let refuse: @Sendable (Message) -> Refusal?

  init(refuse: @escaping @Sendable (Message) -> Refusal? = { _ in nil }) {
    self.refuse = refuse
  }

  var inbox: Inbox { Inbox { self.accept($0) } }
  var messages: [Message] { state.withLock(\.messages) }
  var ids: Set<String> { state.withLock(\.ids) }
  var duplicates: Int { state.withLock(\.duplicates) }

  /// Returns when it has taken so many messages.
  func reached(_ count: Int) async {
    let goal = Eventually<Void>()
    state.withLock { state in
      if state.messages.count >= count { goal.set(()) } else { state.goals.append((count, goal)) }
    }
    _ = await goal.valueUnlessCancelled()
  }

  func accept(_ message: Message) -> Acceptance {
    if let refusal = refuse(message) { return .refused(refusal) }
    return state.withLock { state in
      guard state.ids.insert(message.id).inserted else {
        state.duplicates += 1
        return .duplicate
      }
      state.messages.append(message)
      for (count, goal) in state.goals where state.messages.count >= count { goal.set(()) }
      return .accepted
    }
  }
}

/// Collects what the host is told by a connector, for a test to wait for.
final class HostEvents: Sendable {
  private struct State {
    var logged: [HostServices.LogEntry] = []
    var metrics: [HostServices.Metric] = []
    var awaited: [(String, Eventually<Void>)] = []
  }

  private let state = Mutex(State())

  var logged: [HostServices.LogEntry] { state.withLock(\.logged) }
  var metrics: [HostServices.Metric] { state.withLock(\.metrics) }

  func services(secrets: [String: String] = [:], granted: Set<String> = []) -> HostServices {
    var services = HostServices()
    services.grantedSecrets = granted
    services.secret = { name in secrets[name].map { Secret($0) } }
    services.log = { entry in
      self.state.withLock { state in
        state.logged.append(entry)
        for (text, event) in state.awaited where text == entry.message { event.set(()) }
      }
    }
    services.recordMetric = { metric in self.state.withLock { $0.metrics.append(metric) } }
    return services
  }

  func logs(_ text: String) async {
    let event = Eventually<Void>()
    state.withLock { state in
      if state.logged.contains(where: { $0.message == text }) { event.set(()) } else { state.awaited.append((text, event)) }
    }
    _ = await event.valueUnlessCancelled()
  }
}
