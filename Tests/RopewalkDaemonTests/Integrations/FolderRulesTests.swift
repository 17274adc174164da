import Foundation
import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

@Suite struct FolderRulesTests {
  /// A folder in which a server was started, with what it keeps, what it reads and what others may.
  private final class Place: Sendable {
    let path: String

    init() throws {
      let url = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-folders-\(UUID().uuidString)")
      path = url.path
      for folder in [".ropewalk/api", "in", "secrets", "plugins", "declared", "connectors"] {
        try FileManager.default.createDirectory(at: url.appendingPathComponent(folder), withIntermediateDirectories: true)
      }
      for file in [".ropewalk/api/admin.token", "in/orders.jsonl", "connectors/erp", "erp"] {
        try Data().write(to: url.appendingPathComponent(file))
      }
      for (link, target) in [("token", "../.ropewalk/api/admin.token"), ("nowhere", "../.ropewalk/tokens"), ("api", "../.ropewalk/api")] {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/in/\(link)", withDestinationPath: target)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var rules: FolderRules {
      FolderRules(
        code: [path],
        data: [path],
        closed: ["\(path)/.ropewalk", "\(path)/secrets"],
        declarations: ["\(path)/declared", "\(path)/plugins"]
      )
    }

    /// The fields that are refused of an integration with this as one of its connections.
    func refused(_ connection: JSONObject, as key: String = "outgoing", by rules: FolderRules? = nil) async throws -> [String] {
      var spec: JSONObject = ["customer": "acme", "incoming": ["type": "generate"], "outgoing": ["type": "stdio"]]
      spec[key] = .object(connection)
      let object = Resource(
        apiVersion: "ropewalk.dev/v1",
        kind: "Integration",
        metadata: ResourceMetadata(name: "orders", namespace: "billing"),
        fields: ["spec": .object(spec)]
      )
      let integration = try #require(try await IntegrationFile.read(object).integrations.first)
      return (rules ?? self.rules).connectionProblems(of: integration.spec).map(\.field)
    }

    func refusesPath(_ file: String, by rules: FolderRules? = nil) async throws -> Bool {
      let connection: JSONObject = ["type": "file", "config": ["path": .string(file.hasPrefix("/") ? file : "\(path)/\(file)")]]
      return try await refused(connection, as: "incoming", by: rules) == ["spec.incoming.config.path"]
    }
  }

  @Test(arguments: [
    ".ropewalk/api/admin.token", ".ropewalk/resources/resources.sqlite", "./in/../.ropewalk/secrets.key", "secrets/crm", "in/token",
    "in/nowhere", "in/api/new.jsonl", ".ropewalk/api/*", "in/api/*.token", "declared/orders.yaml", "plugins/mine-plugin.yaml", ".",
    "in/none/../../.ropewalk/api/tokens", "/etc/passwd", "/",
  ])
  func whatIsTheServersIsClosed(_ file: String) async throws {
    let place = try Place()
    #expect(try await place.refusesPath(file))
  }

  @Test(arguments: ["in/orders.jsonl", "in", "in/*.jsonl", "new.jsonl", "in/new/deep.jsonl"])
  func whatLiesBesideIsOpen(_ file: String) async throws {
    let place = try Place()
    #expect(try await !place.refusesPath(file))
  }

  @Test func onlyNamedFoldersAreOpenWhereSomeAre() async throws {
    let place = try Place()
    var rules = place.rules
    rules.data = ["\(place.path)/in"]
    #expect(try await !place.refusesPath("in/orders.jsonl", by: rules))
    #expect(try await place.refusesPath("orders.jsonl", by: rules))
  }

  @Test func programsComeFromTheFoldersOfCode() async throws {
    let place = try Place()
    let path = place.path
    #expect(try await place.refused(["type": "erp", "plugin": .string("\(path)/connectors/erp")]) == [])
    #expect(try await place.refused(["type": "erp", "plugin": "/usr/bin/env"]) == ["spec.outgoing.plugin"])
    #expect(try await place.refused(["type": "erp", "plugin": .string("\(path)/.ropewalk/erp")]) == ["spec.outgoing.plugin"])
    // The sandbox would show it everything beside it.
    #expect(try await place.refused(["type": "erp", "plugin": .string("\(path)/erp")]) == ["spec.outgoing.plugin"])
    #expect(try await place.refused(["type": "erp", "command": ["sh", "-c", "true"]]) == ["spec.outgoing.command"])
    let words: JSON = [.string("\(path)/connectors/erp"), .string("\(path)/.ropewalk/api/admin.token")]
    #expect(try await place.refused(["type": "erp", "command": words]) == ["spec.outgoing.command"])
  }

  @Test func theSandboxStaysOnAndShowsNothingElse() async throws {
    let place = try Place()
    func refused(_ sandbox: JSON) async throws -> [String] {
      let config: JSON = ["path": .string("\(place.path)/in/orders.jsonl")]
      return try await place.refused(["type": "file", "runtime": "process", "sandbox": sandbox, "config": config])
    }
    #expect(try await refused(["write": .string("\(place.path)/in")]) == [])
    #expect(try await refused(["read": .string("\(place.path)/.ropewalk")]) == ["spec.outgoing.sandbox.read"])
    #expect(try await refused(["write": [.string("\(place.path)/in"), .string(place.path)]]) == ["spec.outgoing.sandbox.write"])
    #expect(try await refused(false) == ["spec.outgoing.sandbox"])
  }

  @Test func otherFilesOfConnectorsAreLookedAt() async throws {
    let place = try Place()
    let token: JSON = .string("\(place.path)/.ropewalk/api/admin.token")
    let tls: JSONObject = ["listen": "127.0.0.1:0", "endpoint": "/orders", "tls": ["certificate": token, "key": token]]
    #expect(
      try await place.refused(["type": "http-webhook", "config": .object(tls)], as: "incoming")
        == ["spec.incoming.config.tls.certificate", "spec.incoming.config.tls.key"]
    )
    let done: JSON = ["path": .string("\(place.path)/in"), "mode": "whole", "doneFolder": .string("\(place.path)/plugins")]
    #expect(try await place.refused(["type": "file", "config": done], as: "incoming") == ["spec.incoming.config.doneFolder"])
    let alerts: JSONObject = ["webhook": ["url": "https://alerts.example.com", "tls": ["caCertificate": token]]]
    #expect(try await place.refused(alerts, as: "alerts").count == 1)
  }

  @Test func theKeyOfAllSecretsIsGrantedToNoConnector() async throws {
    let place = try Place()
    let program: JSON = .string("\(place.path)/connectors/erp")
    #expect(try await place.refused(["type": "erp", "plugin": program, "secrets": ["erp_token"]]) == [])
    #expect(
      try await place.refused(["type": "erp", "plugin": program, "secrets": ["resource_encryption_key"]]) == ["spec.outgoing.secrets"]
    )
  }
}
