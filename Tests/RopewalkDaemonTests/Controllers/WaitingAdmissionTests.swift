import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

@Suite struct WaitingAdmissionTests {
  private let stranger = Subject(name: "alice")

  private func controller(_ spec: JSONObject, named name: String = "gate") -> Resource {
    Resource(apiVersion: "ropewalk.dev/v1", kind: "Controller", metadata: ResourceMetadata(name: name), fields: ["spec": .object(spec)])
  }

  private func customer(_ name: String, in namespace: String = "default") -> Resource {
    Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: "Customer",
      metadata: ResourceMetadata(name: name, namespace: namespace),
      fields: ["spec": ["id": .string(name)]]
    )
  }

  private func registry(holding spec: JSONObject) async throws -> ResourceRegistry {
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    if let step = AdmissionStep(waitingFor: controller(spec)) { registry.admission.set(step) }
    return registry
  }

  private func write(_ object: Resource, to registry: ResourceRegistry, as subject: Subject) async throws {
    var options = WriteOptions()
    options.subject = subject
    _ = try await registry.create(object, options: options)
  }

  @Test(arguments: ["validation", "defaulting"]) func itsKindsWait(_ capability: String) async throws {
    let registry = try await registry(holding: [
      "config": ["for_types": ["ropewalk.dev/v1.Customer"], "capabilities": ["reconcile", .string(capability)]]
    ])
    let error = await #expect(throws: RopewalkError.self) { try await write(customer("acme"), to: registry, as: stranger) }
    #expect(error?.code.kind == .unavailable && error?.message.contains("the controller 'gate'") == true)
    // What Ropewalk itself writes, and other kinds, do not.
    try await write(customer("globex"), to: registry, as: .system)
    let namespace = Resource(apiVersion: "v1", kind: "Namespace", metadata: ResourceMetadata(name: "other"), fields: [:])
    try await write(namespace, to: registry, as: stranger)
    registry.admission.remove(AdmissionStep.name(ofController: "gate"))
    try await write(customer("acme"), to: registry, as: stranger)
  }

  @Test func withAdmissionWhatItIsAllowedWaits() async throws {
    let registry = try await registry(holding: [
      "config": ["capabilities": ["admission"]], "security": ["allowedResources": ["*"], "allowedVerbs": ["get"]],
    ])
    await #expect(throws: RopewalkError.self) { try await write(customer("acme"), to: registry, as: stranger) }
    // The controller itself can be mended.
    try await write(controller(["path": "./gate.js"], named: "mended"), to: registry, as: stranger)
  }

  @Test func onlyItsNamespacesWait() async throws {
    let registry = try await registry(holding: [
      "config": ["for_types": ["ropewalk.dev/v1.Customer"], "capabilities": ["validation"]],
      "security": ["allowedResources": ["customers"], "allowedVerbs": ["get"], "allowedNamespaces": ["inventory"]],
    ])
    try await write(customer("acme"), to: registry, as: stranger)
    let namespace = Resource(apiVersion: "v1", kind: "Namespace", metadata: ResourceMetadata(name: "inventory"), fields: [:])
    try await write(namespace, to: registry, as: stranger)
    let there = customer("acme", in: "inventory")
    await #expect(throws: RopewalkError.self) { try await write(there, to: registry, as: stranger) }
  }

  /// A name of Ropewalk's own is refused, so that nothing waits for it.
  @Test(arguments: ["gate", "integrations"]) func fromTheStartOnWhoCanRunIsWaitedFor(_ name: String) async throws {
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    let spec: JSONObject = ["config": ["for_types": ["ropewalk.dev/v1.Customer"], "capabilities": ["validation"]]]
    try await write(controller(spec, named: name), to: registry, as: stranger)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let loader = ControllerLoader(
      runtime: { throw RopewalkError(.controllerKindUnknown, "nothing is loaded here") },
      client: registry,
      authorize: nil,
      onRefusal: { _ in },
      logger: logger
    )
    let controllers = ControllerController(
      loader: loader,
      modules: ModuleRules(
        folders: FolderRules(code: [], data: [], closed: [], declarations: []),
        trusted: OperatorsWord([:]),
        plugins: PluginFolders(paths: [])
      ),
      client: registry,
      admission: registry.admission,
      manager: ControllerManager(client: registry, logger: logger),
      logger: logger
    )
    try await controllers.holdWrites()
    if name == "gate" {
      await #expect(throws: RopewalkError.self) { try await write(customer("acme"), to: registry, as: stranger) }
    } else {
      try await write(customer("acme"), to: registry, as: stranger)
    }
  }

  @Test(
    arguments: [
      ["failurePolicy": "Ignore", "config": ["for_types": ["ropewalk.dev/v1.Customer"], "capabilities": ["validation"]]],
      ["config": ["for_types": ["ropewalk.dev/v1.Customer"], "capabilities": ["reconcile"]]],
      ["config": ["for_types": ["ropewalk.dev/v1.Customer"]]],
      [:],
    ] as [JSONObject]
  )
  func othersAreNotWaitedFor(_ spec: JSONObject) {
    #expect(AdmissionStep(waitingFor: controller(spec)) == nil)
  }

  /// Also while the controller runs: one that refuses everything can be mended, and the server starts with it.
  @Test func whatMendsAndWhatRopewalkWritesIsOpen() async throws {
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    let scope = AdmissionScope(own: [], capabilities: [.admission], grants: ControllerGrants(resources: ["*"], verbs: []))
    var step = AdmissionStep(name: "refuser", validate: { _ in [InvalidField("", .forbidden, "no")] })
    step.isConcerned = { scope.contains($0) }
    registry.admission.set(step)
    await #expect(throws: RopewalkError.self) { try await write(customer("acme"), to: registry, as: stranger) }
    try await write(customer("acme"), to: registry, as: .system)
    try await write(controller(["path": "./gate.js"]), to: registry, as: stranger)
    var options = WriteOptions()
    options.subject = stranger
    let key = ResourceKey(.customers, namespace: "default", name: "acme")
    await #expect(throws: RopewalkError.self) { try await registry.modify(key, .main, options: options) { $0.spec = ["id": "other"] } }
    _ = try await registry.modify(key, .status, options: options) { $0.status = ["observedGeneration": 1] }
  }

  @Test func theScopeOfAdmissionIsWhatIsAllowed() throws {
    func type(_ group: String, _ plural: String, _ kind: String) -> ResourceType {
      ResourceType(group: group, version: "v2", kind: kind, plural: plural, singular: kind.lowercased(), isNamespaced: true)
    }
    let item = type("inventory.example.com", "items", "Item")
    let (customer, secret) = (type("ropewalk.dev", "customers", "Customer"), type("", "secrets", "Secret"))
    let event = type("", "events", "Event")
    let grants = ControllerGrants(resources: ["customers", "secrets.", "events"], verbs: [])
    let own = [try #require(KindReference("inventory.example.com/v1.Item"))]
    let narrow = AdmissionScope(own: own, capabilities: [.validation], grants: grants)
    #expect([item, customer, secret, event].map { narrow.contains($0) } == [true, false, false, false])
    let wide = AdmissionScope(own: own, capabilities: [.validation, .admission], grants: grants)
    #expect([item, customer, secret, event].map { wide.contains($0) } == [true, true, false, false])
    let all = AdmissionScope(own: own, capabilities: [.admission], grants: ControllerGrants(resources: ["*"], verbs: []))
    #expect([item, customer, secret, event].map { all.contains($0) } == [true, true, true, false])
    let ungranted = AdmissionScope(own: own, capabilities: [.admission], grants: nil)
    #expect([item, customer].map { ungranted.contains($0) } == [true, false])
  }
}
