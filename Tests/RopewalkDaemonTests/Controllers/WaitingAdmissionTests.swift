import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

@Suite struct WaitingAdmissionTests {
  private let stranger = Subject(name: "alice")

  private func controller(_ spec: JSONObject) -> Resource {
    Resource(apiVersion: "ropewalk.dev/v1", kind: "Controller", metadata: ResourceMetadata(name: "gate"), fields: ["spec": .object(spec)])
  }

  private func customer(_ name: String) -> Resource {
    Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: "Customer",
      metadata: ResourceMetadata(name: name, namespace: "default"),
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
    var own = controller(["path": "./gate.js"])
    own.metadata.name = "mended"
    try await write(own, to: registry, as: stranger)
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
    #expect([item, customer, secret, event].map(narrow.contains) == [true, false, false, false])
    let wide = AdmissionScope(own: own, capabilities: [.validation, .admission], grants: grants)
    #expect([item, customer, secret, event].map(wide.contains) == [true, true, false, false])
    let all = AdmissionScope(own: own, capabilities: [.admission], grants: ControllerGrants(resources: ["*"], verbs: []))
    #expect([item, customer, secret, event].map(all.contains) == [true, true, true, false])
    let ungranted = AdmissionScope(own: own, capabilities: [.admission], grants: nil)
    #expect([item, customer].map(ungranted.contains) == [true, false])
  }
}
