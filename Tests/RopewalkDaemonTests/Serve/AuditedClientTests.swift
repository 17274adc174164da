import Foundation
import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

@Suite struct AuditedClientTests {
  private final class Log: Sendable {
    let path: String
    let audit: AuditLog

    init() throws {
      path = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-audit-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      var limits = AuditLog.Limits()
      limits.maxSize = ByteCount(1)
      limits.maxFiles = 100
      audit = try AuditLog(path: path + "/audit.jsonl", limits: limits)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A file for each record, the youngest without a number.
    var lines: [JSON] {
      let files = (0..<100).map { $0 == 0 ? "\(path)/audit.jsonl" : "\(path)/audit.jsonl.\($0)" }
      return files.compactMap { FileManager.default.contents(atPath: $0) }.compactMap { try? JSON.parse(Array($0.dropLast())) }.reversed()
    }

    /// Who did what to what, from where, and what became of it.
    var told: [String] {
      lines.map { line in
        ["user", "verb", "resource", "name", "source", "outcome"].map { line[$0]?.string ?? "" }.joined(separator: " ")
      }
    }
  }

  private func resource(_ kind: String, _ name: String, _ spec: JSON) -> Resource {
    Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: kind,
      metadata: ResourceMetadata(name: name, namespace: kind == "Controller" ? "" : "default"),
      fields: ["spec": spec]
    )
  }

  private func client(_ log: Log, source: String? = nil) async throws -> AuditedClient {
    client(log, source: source, try await ResourceRegistry.open(MemoryResourceStore()))
  }

  private func client(_ log: Log, source: String? = nil, _ registry: any ResourceClient) -> AuditedClient {
    AuditedClient(
      registry,
      audit: log.audit,
      source: source,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
  }

  @Test func whatFilesDeclareIsOnRecord() async throws {
    let log = try Log()
    let applier = ResourceApplier(client: try await client(log, source: "start"))
    _ = try await applier.apply([resource("Customer", "acme", ["id": "one"])])
    _ = try await applier.apply([resource("Customer", "acme", ["id": "two"])])
    await #expect(throws: DiagnosticsError.self) { try await applier.apply([resource("Customer", "acme", ["id": "not an id"])]) }
    #expect(
      log.told == [
        "system:ropewalk create customers acme start done", "system:ropewalk patch customers acme start done",
        "system:ropewalk patch customers acme start Invalid",
      ]
    )
    #expect(log.lines.map { $0["status"]?.int } == [201, 200, 422])
    #expect(log.lines.allSatisfy { $0["namespace"] == "default" && $0["group"] == "ropewalk.dev" })
  }

  @Test func whatFoldersHoldIsOnRecord() async throws {
    let log = try Log()
    let folder = log.path + "/plugins"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data("any".utf8).write(to: URL(fileURLWithPath: folder + "/gate.wasm"))
    let discovery = ControllerDiscovery(
      paths: [folder],
      client: try await client(log, source: "plugins"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    #expect(try await discovery.declare().isEmpty)
    #expect(try await discovery.declare().isEmpty)
    try FileManager.default.removeItem(atPath: folder + "/gate.wasm")
    _ = try await discovery.declare()
    #expect(
      log.told == ["system:ropewalk create controllers gate plugins done", "system:ropewalk delete controllers gate plugins done"]
    )
  }

  @Test func foldersThatCannotBeLookedThroughAreLookedThroughLater() async throws {
    let log = try Log()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-plugins-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let client = try await client(log, source: "plugins")
    let discovery = ControllerDiscovery(paths: [folder], client: client, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    for name in ["gate", "lock"] {
      _ = try await client.create(
        Resource(
          apiVersion: "ropewalk.dev/v1",
          kind: "Controller",
          metadata: ResourceMetadata(name: name, annotations: [ControllerDiscovery.sourceAnnotation: "\(folder)/\(name).wasm"]),
          fields: ["spec": ["path": .string("./\(name).wasm")]]
        ),
        options: WriteOptions()
      )
    }
    // The first is taken away, and that cannot be put on record, so that the second stays.
    try FileManager.default.removeItem(atPath: log.path)
    #expect(await discovery.look() == nil)
    try FileManager.default.createDirectory(atPath: log.path, withIntermediateDirectories: true)
    #expect(await discovery.look() == [])
    #expect(try await client.list(ResourceQuery(.controllers)).items.isEmpty)
  }

  @Test func whatAControllerWritesIsOnRecordOnce() async throws {
    let log = try Log()
    let audited = try await client(log)
    let grants = ControllerGrants(resources: ["customers", "events"], verbs: [.create, .patch, .status, .delete, .event])
    let granted = GrantedClient(
      audited,
      settings: GrantedClient.Settings(controller: "test", grants: grants, capabilities: [.statusUpdate])
    ) { refusal in
      try? log.audit.append(AuditRecord(refusal))
    }
    let reference: JSONObject = ["apiVersion": "ropewalk.dev/v1", "kind": "Customer", "namespace": "default", "name": "acme"]
    func request(_ verb: String, _ more: JSONObject = [:]) -> JSON {
      .object(JSONObject(reference.members + more.members + [JSONObject.Member(key: "verb", value: .string(verb))]))
    }
    func object(_ members: JSONObject) -> JSON {
      let own: JSONObject = ["apiVersion": "ropewalk.dev/v1", "kind": "Customer", "metadata": ["name": "acme", "namespace": "default"]]
      return .object(JSONObject(own.members + members.members))
    }
    _ = try await granted.answer(["verb": "create", "object": object(["spec": ["id": "acme"]])])
    _ = try await granted.answer(request("patch", ["patch": ["spec": ["displayName": "Acme"]]]))
    // Writing the same once more changes nothing, and is no line.
    for _ in 1...2 { _ = try await granted.answer(["verb": "status", "object": object(["status": ["observedGeneration": 1]])]) }
    _ = try await granted.answer(request("patch", ["patch": ["spec": ["displayName": "Acme"]]]))
    _ = try await granted.answer(["verb": "event", "about": .object(reference), "reason": "Seen"])
    await #expect(throws: RopewalkError.self) {
      try await granted.answer(request("patch", ["patch": ["metadata": ["finalizers": ["example.com/hold"]]]]))
    }
    _ = try await granted.answer(request("delete"))
    await #expect(throws: RopewalkError.self) { try await granted.answer(request("delete")) }
    let subject = "system:controller:test"
    #expect(
      log.told == [
        "\(subject) create customers acme \(subject) done", "\(subject) patch customers acme \(subject) done",
        "\(subject) update customers/status acme \(subject) done", "\(subject) patch customers acme \(subject) Forbidden",
        "\(subject) delete customers acme \(subject) done", "\(subject) delete customers acme \(subject) NotFound",
      ]
    )
  }

  /// What is given up may have been written all the same.
  @Test func aWriteThatTakesTooLongIsOnRecordAsATimeout() async throws {
    let log = try Log()
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    var step = AdmissionStep(name: "slow", timeLimit: .seconds(3600))
    step.validate = { _ in
      try await Task.sleep(for: .seconds(3600))
      return []
    }
    registry.admission.set(step)
    var settings = GrantedClient.Settings(
      controller: "test",
      grants: ControllerGrants(resources: ["customers"], verbs: [.create]),
      capabilities: []
    )
    settings.requestTimeout = .milliseconds(50)
    let granted = GrantedClient(client(log, registry), settings: settings) { _ in }
    let customer: JSON = [
      "apiVersion": "ropewalk.dev/v1", "kind": "Customer", "metadata": ["name": "acme", "namespace": "default"], "spec": ["id": "acme"],
    ]
    let error = await #expect(throws: RopewalkError.self) { try await granted.answer(["verb": "create", "object": customer]) }
    #expect(error?.code == .clientTimeout)
    #expect(log.told == ["system:controller:test create customers acme system:controller:test Timeout"])
    #expect(log.lines.map { $0["status"]?.int } == [504])
  }

  @Test func nothingIsWrittenThatCannotBePutOnRecord() async throws {
    let log = try Log()
    let client = try await client(log, source: "start")
    _ = try await client.create(resource("Customer", "a", [:]), options: WriteOptions())
    try FileManager.default.removeItem(atPath: log.path)
    // The log is found to be gone by the write that cannot be put on it.
    _ = try await client.create(resource("Customer", "b", [:]), options: WriteOptions())
    let error = await #expect(throws: RopewalkError.self) {
      try await client.create(resource("Customer", "c", [:]), options: WriteOptions())
    }
    #expect(error?.code.kind == .unavailable)
    let names = try await client.list(ResourceQuery(.customers)).items.map(\.metadata.name)
    #expect(names == ["a", "b"])
    try FileManager.default.createDirectory(atPath: log.path, withIntermediateDirectories: true)
    _ = try await client.create(resource("Customer", "c", [:]), options: WriteOptions())
    #expect(log.told == ["system:ropewalk create customers c start done"])
  }
}
