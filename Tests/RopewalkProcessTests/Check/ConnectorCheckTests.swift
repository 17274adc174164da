import Foundation
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import RopewalkTesting
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
    ("connectsOnce", "connect"),
    ("wrongCode", "bad-settings"),
    ("brokenByCancel", "cancel"),
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
    #expect(failed.map(\.name) == [name] && failed.first?.outcome == .failed, "\(failed)")
  }

  /// With Ropewalk's own `file` at the other side of both ends.
  private static func check(_ fault: String) async throws -> [CheckResult] {
    try await Folder.with { folder in
      let (into, out) = (folder.path + "/in", folder.path + "/out")
      let products = URL(fileURLWithPath: Processes.builtIn).deletingLastPathComponent()
      var plan = CheckPlan(executable: products.appendingPathComponent("ConnectorPeer").path)
      plan.arguments = ["fault", fault]
      plan.incoming = CheckPlan.End(settings: ["path": .string(into)], peer: file(.outgoing, ["path": .string(into)]))
      plan.outgoing = CheckPlan.End(
        settings: ["path": .string(out)],
        peer: file(.incoming, ["path": .string(out), "follow": true, "pollInterval": "20ms"])
      )
      return try await ConnectorCheck(plan).run { _ in }
    }
  }

  private static func file(_ role: ConnectorRole, _ settings: JSONObject) -> CheckPlan.Peer {
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: Processes.quietLogger)
    return .connector(ConnectionConfiguration(name: "peer", type: "file", settings: settings)) {
      guard let node = connectors.make(type: "file", role: role) else { preconditionFailure("there is no file connector") }
      return node
    }
  }
}
