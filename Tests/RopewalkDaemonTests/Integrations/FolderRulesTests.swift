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
      for folder in [".ropewalk/api", "in/inner", "secrets", "plugins", "declared", "connectors"] {
        try FileManager.default.createDirectory(at: url.appendingPathComponent(folder), withIntermediateDirectories: true)
      }
      for file in [".ropewalk/api/admin.token", "in/orders.jsonl", "connectors/erp", "erp"] {
        try Data().write(to: url.appendingPathComponent(file))
      }
      let token = "../.ropewalk/api/admin.token"
      for (link, target) in [
        ("token", token), ("*", token), ("[a]", token), ("nowhere", "../.ropewalk/tokens"), ("api", "../.ropewalk/api"),
      ] {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/in/\(link)", withDestinationPath: target)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// By default everything is open that is not closed.
    var rules: FolderRules { rules(data: path) }

    func rules(data: String...) -> FolderRules {
      FolderRules(
        code: [path],
        data: data,
        closed: ["\(path)/.ropewalk", "\(path)/secrets"],
        declarations: ["\(path)/declared", "\(path)/plugins"]
      )
    }

    /// An integration with this as one of its connections.
    func spec(_ connection: JSONObject, as key: String = "outgoing") async throws -> IntegrationSpec {
      var spec: JSONObject = ["customer": "acme", "incoming": ["type": "generate"], "outgoing": ["type": "stdio"]]
      spec[key] = .object(connection)
      let object = Resource(
        apiVersion: "ropewalk.dev/v1",
        kind: "Integration",
        metadata: ResourceMetadata(name: "orders", namespace: "billing"),
        fields: ["spec": .object(spec)]
      )
      return try #require(try await IntegrationFile.read(object).integrations.first).spec
    }

    /// The fields of it that are refused.
    func refused(_ connection: JSONObject, as key: String = "outgoing", by rules: FolderRules? = nil) async throws -> [String] {
      let (spec, rules) = (try await spec(connection, as: key), rules ?? self.rules)
      return (rules.codeProblems(of: spec) + rules.connectionProblems(of: spec)).map(\.field)
    }

    func write(_ file: String, _ text: String = "") throws {
      try FileManager.default.createDirectory(
        atPath: (("\(path)/\(file)" as NSString).deletingLastPathComponent),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
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

  @Test func onlyNamedFoldersAreOpen() async throws {
    let place = try Place()
    #expect(try await !place.refusesPath("in/orders.jsonl", by: place.rules(data: "\(place.path)/in")))
    #expect(try await place.refusesPath("orders.jsonl", by: place.rules(data: "\(place.path)/in")))
    #expect(try await place.refusesPath("in/orders.jsonl", by: place.rules()))
  }

  @Test(arguments: ["in/*", "in/[a]"])
  func onlyAnIncomingPathIsAPattern(_ file: String) async throws {
    let place = try Place()
    let path: JSON = .string("\(place.path)/\(file)")
    #expect(try await place.refused(["type": "file", "config": ["path": path]], as: "incoming") == [])
    #expect(try await place.refused(["type": "file", "config": ["path": path]]) == ["spec.outgoing.config.path"])
    let done: JSON = ["path": .string("\(place.path)/in"), "mode": "whole", "doneFolder": path]
    #expect(try await place.refused(["type": "file", "config": done], as: "incoming") == ["spec.incoming.config.doneFolder"])
  }

  @Test func programsComeFromTheFoldersOfCode() async throws {
    let place = try Place()
    let (path, rules) = (place.path, place.rules(data: "\(place.path)/in"))
    func refused(_ connection: JSONObject) async throws -> [String] { try await place.refused(connection, by: rules) }
    #expect(try await refused(["type": "erp", "plugin": .string("\(path)/connectors/erp")]) == [])
    #expect(try await refused(["type": "erp", "plugin": "/usr/bin/env"]) == ["spec.outgoing.plugin"])
    #expect(try await refused(["type": "erp", "plugin": .string("\(path)/.ropewalk/erp")]) == ["spec.outgoing.plugin"])
    // The sandbox would show it everything beside it.
    #expect(try await refused(["type": "erp", "plugin": .string("\(path)/erp")]) == ["spec.outgoing.plugin"])
    #expect(try await refused(["type": "erp", "command": ["sh", "-c", "true"]]) == ["spec.outgoing.command"])
    let words: JSON = [.string("\(path)/connectors/erp"), .string("\(path)/.ropewalk/api/admin.token")]
    #expect(try await refused(["type": "erp", "command": words]) == ["spec.outgoing.command"])
  }

  private func manifest(_ command: String) -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Plugin
    metadata: { name: erp }
    spec: { contract: connector, version: 1.0.0, command: \(command) }
    """
  }

  @Test(arguments: [
    ("[./erp]", true), ("[python3, ./erp]", true), ("[/usr/bin/env]", false), ("[./erp, ../.ropewalk/api/admin.token]", false),
    ("[python3, ../in/orders.jsonl]", false),
  ])
  func whatAManifestNamesIsLookedAt(command: String, isAllowed: Bool) async throws {
    let place = try Place()
    try place.write("connectors/ropewalk-plugin.yaml", manifest(command))
    let connection: JSONObject = ["type": "erp", "plugin": .string("\(place.path)/connectors")]
    let refused = try await place.refused(connection, by: place.rules(data: "\(place.path)/in"))
    #expect(refused.isEmpty == isAllowed && Set(refused).isSubset(of: ["spec.outgoing.plugin"]), "\(refused)")
  }

  @Test func whatConnectorsMayWriteIsNotRun() async throws {
    let place = try Place()
    let rules = place.rules(data: "\(place.path)/in")
    try place.write("in/erp")
    try place.write("in/connector/ropewalk-plugin.yaml", manifest("[sh]"))
    try FileManager.default.createSymbolicLink(atPath: "\(place.path)/in/code", withDestinationPath: "../connectors")
    for (key, value) in [("plugin", "in/erp"), ("plugin", "in/connector"), ("plugin", "in/code/erp")] as [(String, String)] {
      let spec = try await place.spec(["type": "erp", key: .string("\(place.path)/\(value)")])
      // Whoever declared it.
      #expect(rules.codeProblems(of: spec).first?.field == "spec.outgoing.\(key)", "\(value)")
    }
    let script = try await place.spec(["type": "erp", "command": ["python3", .string("\(place.path)/in/erp")]])
    #expect(rules.codeProblems(of: script).map(\.field) == ["spec.outgoing.command"])
    #expect(rules.moduleProblem("\(place.path)/in/erp", isTrusted: true) != nil)
    #expect(rules.moduleProblem("\(place.path)/erp", isTrusted: false) == nil)
    #expect(rules.moduleProblem("/usr/bin/env", isTrusted: false) != nil)
    #expect(rules.moduleProblem("/usr/bin/env", isTrusted: true) == nil)
  }

  @Test func theSandboxStaysOnAndShowsNothingElse() async throws {
    let place = try Place()
    let (path, config) = (place.path, ["path": .string("\(place.path)/in/orders.jsonl")] as JSON)
    func refused(_ sandbox: JSON, _ more: JSONObject = JSONObject(), data: String = "in", _ nested: String...) async throws -> [String] {
      var rules = place.rules(data: "\(path)/\(data)")
      rules.data += nested.map { "\(path)/\($0)" }
      let connection: JSONObject = ["type": "file", "runtime": "process", "sandbox": sandbox, "config": config]
      return try await place.refused(JSONObject(connection.members + more.members), by: rules)
    }
    #expect(try await refused(["write": .string("\(path)/in")]) == [])
    #expect(try await refused(["read": .string("\(path)/.ropewalk")]) == ["spec.outgoing.sandbox.read"])
    #expect(try await refused(["write": [.string("\(path)/in"), .string(path)]]) == ["spec.outgoing.sandbox.write"])
    // Who may write around it could put a link in its place.
    #expect(try await refused(["read": .string("\(path)/in/inner")]) == ["spec.outgoing.sandbox.read"])
    #expect(try await refused(["read": .string("\(path)/in/inner")], data: "in", "in/inner") == ["spec.outgoing.sandbox.read"])
    #expect(try await refused(false) == ["spec.outgoing.sandbox"])
    #expect(try await refused(false, ["environment": ["PATH": "."]]) == ["spec.outgoing.sandbox", "spec.outgoing.environment"])
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
    let (program, rules): (JSON, FolderRules) = (.string("\(place.path)/connectors/erp"), place.rules())
    #expect(try await place.refused(["type": "erp", "plugin": program, "secrets": ["erp_token"]], by: rules) == [])
    let all: JSONObject = ["type": "erp", "plugin": program, "secrets": ["resource_encryption_key"]]
    #expect(try await place.refused(all, by: rules) == ["spec.outgoing.secrets"])
  }
}
