import Foundation
import Logging
import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

/// What a file says that the server was started with, and an object that is or is not as the file has it.
@Suite struct OperatorsWordTests {
  private struct Fixed: SecretSource {
    func secret(named name: String) async throws -> Secret? { Secret("/srv/drop/orders.jsonl") }
    func place(ofSecretNamed name: String) -> String { "here" }
  }

  private static let key = ResourceKey(IntegrationController.collection, namespace: "billing", name: "orders")

  private func spec(path: String = "/srv/drop/orders.jsonl", drain: String = "10s") throws -> JSON {
    try JSON.parse(
      """
      {"customer": "acme", "incoming": {"type": "generate"},
       "limits": {"drainTimeout": "\(drain)"},
       "outgoing": [{"type": "file", "config": {"path": "\(path)", "mode": "lines"}}]}
      """
    )
  }

  /// - Parameter secrets: told whether it is the operator's word.
  private func read(
    _ spec: JSON,
    declared: JSON,
    secrets: @escaping @Sendable (_ isOperators: Bool) -> any SecretSource = { _ in Fixed() }
  ) async throws -> IntegrationSpec {
    let folder = FileManager.default.temporaryDirectory.path
    let reader = DeclarationReader(
      workspace: Workspace(dataDirectory: "\(folder)/none", secretsDirectory: nil, logLevel: .critical, logFormat: .text),
      folder: folder,
      folders: FolderRules(code: [folder], data: [], closed: ["\(folder)/none"], declarations: []),
      trusted: OperatorsWord([Self.key: declared]),
      secrets: { secrets($1) },
      customers: { _ in [] }
    )
    let object = Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: "Integration",
      metadata: ResourceMetadata(name: Self.key.name, namespace: Self.key.namespace),
      fields: ["spec": spec]
    )
    return try await reader.read(object).integration.spec
  }

  @Test func itIsHeldToNoFolder() async throws {
    let read = try await read(try spec(), declared: try spec())
    #expect(read.outgoing.first?.connection.fence == nil)
  }

  @Test func theOrderOfKeysAndTheSpellingOfNumbersDoNotMatter() async throws {
    let other = try JSON.parse(
      """
      {"outgoing": [{"config": {"mode": "lines", "path": "/srv/drop/orders.jsonl"}, "type": "file"}],
       "limits": {"drainTimeout": "10s"}, "incoming": {"type": "generate"}, "customer": "acme"}
      """
    )
    _ = try await read(other, declared: try spec())
    #expect(
      OperatorsWord([Self.key: try JSON.parse(#"{"limits": {"n": 1e3}}"#)]).covers(object(#"{"limits": {"n": 1000}}"#), in: collection)
    )
    #expect(
      !OperatorsWord([Self.key: try JSON.parse(#"{"limits": {"n": 1e3}}"#)]).covers(object(#"{"limits": {"n": 1001}}"#), in: collection)
    )
  }

  private var collection: ResourceCollection { IntegrationController.collection }

  private func object(_ spec: String) -> Resource {
    Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: "Integration",
      metadata: ResourceMetadata(name: Self.key.name, namespace: Self.key.namespace),
      fields: ["spec": (try? JSON.parse(spec)) ?? .null]
    )
  }

  @Test func anObjectThatWasChangedIsHeld() async throws {
    let error = await #expect(throws: DiagnosticsError.self) {
      try await read(try spec(drain: "20s"), declared: try spec())
    }
    #expect(error?.diagnostics.map(\.field) == ["spec.outgoing[0].config.path"])
  }

  /// Whoever may write objects must not be given the server's own secrets by naming them.
  @Test func theServersSecretsAreForTheOperatorsWordAlone() async throws {
    struct Nothing: SecretSource {
      func secret(named name: String) async throws -> Secret? { nil }
      func place(ofSecretNamed name: String) -> String { "the namespace" }
    }
    let posting = { (url: String) in
      try JSON.parse(
        """
        {"customer": "acme", "incoming": {"type": "generate"}, "outgoing": [{"type": "http", "config": {"url": "\(url)/${SECRET:drop}"}}]}
        """
      )
    }
    let source: @Sendable (Bool) -> any SecretSource = { $0 ? Fixed() : Nothing() }
    _ = try await read(try posting("http://127.0.0.1"), declared: try posting("http://127.0.0.1"), secrets: source)
    let error = await #expect(throws: DiagnosticsError.self) {
      try await read(try posting("http://192.0.2.1"), declared: try posting("http://127.0.0.1"), secrets: source)
    }
    #expect(error?.description.contains("drop") == true && error?.description.contains("/srv/drop") == false)
  }

  @Test func aSecretIsNotTheOperatorsWord() async throws {
    let filled = try spec(path: "${SECRET:drop}")
    let error = await #expect(throws: DiagnosticsError.self) { try await read(filled, declared: filled) }
    #expect(error?.diagnostics.map(\.field) == ["spec.outgoing[0].config.path"])
  }

  @Test func onlyTheFieldWithTheSecretIsHeld() async throws {
    let declared = try JSON.parse(
      """
      {"outgoing": {"runtime": "process", "command": ["/bin/erp", "--key"], "sandbox": false,
                    "environment": {"LD_PRELOAD": "${SECRET:drop}"}}}
      """
    )
    let (word, object) = (OperatorsWord([Self.key: declared]), object(declared.text()))
    for (field, isCovered) in [("sandbox", true), ("command", true), ("environment", false), ("nothing", false)] {
      #expect(word.covers("spec.outgoing.\(field)", of: object, in: collection) == isCovered, "\(field)")
    }
  }
}
