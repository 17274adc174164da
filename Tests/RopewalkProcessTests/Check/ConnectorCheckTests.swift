import Foundation
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkProcess

/// The conformance kit against a connector that does one thing wrong: each fault is found, and by its own check alone.
@Suite(.takesTurns) struct ConnectorCheckTests {
  @Test func aConnectorWithoutAFaultPasses() async throws {
    let results = try await Self.check("none")
    #expect(results.count == ConnectorCheck.count)
    #expect(results.allSatisfy { $0.outcome == .passed }, "\(results)")
  }

  @Test(arguments: [
    ("hasNoVersion", "metadata"),
    ("hasNoSchema", "schema"),
    ("wrongCode", "bad-settings"),
    ("connectsOnce", "connect"),
    ("losesOne", "concurrent"),
    ("postponesLarge", "large"),
    ("brokenByCancel", "cancel"),
    ("skipsOne", "receive"),
    ("forgetsRefused", "no-room"),
    ("forgetsWhenKilled", "redelivery"),
    ("receivesOn", "stop-receiving"),
    ("prints", "stdout"),
    ("tellsSecrets", "secrets"),
    ("tellsPayloads", "secrets"),
  ])
  func aFaultFailsItsCheck(_ fault: String, _ name: String) async throws {
    let results = try await Self.check(fault)
    let failed = results.filter { $0.outcome != .passed }
    #expect(failed.map(\.name) == [name] && failed.first?.outcome == .failed, "\(results)")
  }

  /// Whether a connector receives by the time of the first message is chance: its senders come again, as in life.
  @Test func aSenderThatIsThereBeforeTheConnectorReceivesComesAgain() async throws {
    let results = try await Self.check("none") { EarlySender($0) }
    #expect(results.allSatisfy { $0.outcome == .passed }, "\(results)")
  }

  /// With Ropewalk's own `file` at the other side of both ends.
  private static func check(
    _ fault: String,
    feeder: @escaping @Sendable (any ConnectionNode) -> any ConnectionNode = { $0 }
  ) async throws -> [CheckResult] {
    try await Folder.with { folder in
      let (into, out) = (folder.path + "/in", folder.path + "/out")
      let products = URL(fileURLWithPath: Processes.builtIn).deletingLastPathComponent()
      var plan = CheckPlan(executable: products.appendingPathComponent("ConnectorPeer").path)
      plan.arguments = ["fault", fault]
      plan.incoming = CheckPlan.End(settings: ["path": .string(into)], peer: file(.outgoing, ["path": .string(into)], feeder))
      plan.outgoing = CheckPlan.End(
        settings: ["path": .string(out)],
        peer: file(.incoming, ["path": .string(out), "follow": true, "pollInterval": "20ms"])
      )
      return try await ConnectorCheck(plan).run { _ in }
    }
  }

  private static func file(
    _ role: ConnectorRole,
    _ settings: JSONObject,
    _ change: @escaping @Sendable (any ConnectionNode) -> any ConnectionNode = { $0 }
  ) -> CheckPlan.Peer {
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: Processes.quietLogger)
    return .connector(ConnectionConfiguration(name: "peer", type: "file", settings: settings)) {
      guard let node = connectors.make(type: "file", role: role) else { preconditionFailure("there is no file connector") }
      return change(node)
    }
  }
}

/// Told of its first messages that nobody receives yet.
private final class EarlySender: ConnectionNode {
  private let sender: any ConnectionNode
  private let refusals = Mutex(3)

  init(_ sender: any ConnectionNode) { self.sender = sender }

  var metadata: PluginMetadata { sender.metadata }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { await sender.validate(configuration) }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) { try await sender.connect(configuration) }

  func disconnect() async { await sender.disconnect() }

  func send(_ message: Message) async throws(ConnectionError) {
    let isEarly = refusals.withLock { refusals in
      refusals -= 1
      return refusals >= 0
    }
    if isEarly { throw ConnectionError(.rateLimited, "nobody receives yet", recoverable: true) }
    try await sender.send(message)
  }

  func receive(into inbox: Inbox) async throws(ConnectionError) { try await sender.receive(into: inbox) }
}
