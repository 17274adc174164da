import RopewalkCore
import RopewalkResources
import Synchronization
import Testing

@testable import RopewalkControllers

struct GrantedClientTests {
  private static let reference: JSON = ["apiVersion": "ropewalk.dev/v1", "kind": "Customer", "namespace": "default", "name": "acme"]

  private static func request(_ verb: String, _ more: JSONObject = [:]) -> JSON {
    var request = reference.object ?? JSONObject()
    request["verb"] = .string(verb)
    for member in more.members { request[member.key] = member.value }
    return .object(request)
  }

  private func granted(
    _ verbs: Set<ControllerGrants.Verb>,
    resources: [String] = ["customers"],
    namespaces: [String]? = nil,
    capabilities: Set<ControllerCapability> = [],
    maxObjectSize: ByteCount = .mebibytes(1),
    authorize: GrantedClient.Authorize? = nil,
    _ body: (GrantedClient, any ResourceClient, () -> [GrantedClient.Refusal]) async throws -> Void
  ) async throws {
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    let customer = Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: "Customer",
      metadata: ResourceMetadata(name: "acme", namespace: "default"),
      fields: ["spec": ["id": "acme"]]
    )
    _ = try await registry.create(customer, options: WriteOptions())
    let refusals = Mutex<[GrantedClient.Refusal]>([])
    var grants = ControllerGrants(resources: resources, verbs: verbs, namespaces: namespaces)
    grants.maxObjectSize = maxObjectSize
    let settings = GrantedClient.Settings(controller: "test", grants: grants, capabilities: capabilities)
    let client = GrantedClient(registry, settings: settings, authorize: authorize) { refusal in refusals.withLock { $0.append(refusal) } }
    try await body(client, registry) { refusals.withLock(\.self) }
  }

  private func denied(_ client: GrantedClient, _ request: JSON) async -> String? {
    let error = await #expect(throws: RopewalkError.self) { try await client.answer(request) }
    return error?.code == .clientDenied ? error?.message : nil
  }

  @Test func whatIsGrantedIsDone() async throws {
    try await granted([.get, .list, .patch]) { client, registry, refusals in
      #expect(try await client.answer(Self.request("get"))["object"]?["spec"]?["id"] == "acme")
      #expect(try await client.answer(Self.request("list"))["items"]?.array?.count == 1)
      _ = try await client.answer(Self.request("patch", ["patch": ["spec": ["displayName": "Acme"]]]))
      let key = ResourceKey(ResourceCollection(group: "ropewalk.dev", plural: "customers"), namespace: "default", name: "acme")
      #expect(try await registry.get(key).spec?["displayName"] == "Acme")
      #expect(refusals().isEmpty)
    }
  }

  @Test func aVerbAKindAndANamespaceMustBeGranted() async throws {
    try await granted([.get]) { client, _, refusals in
      #expect(await denied(client, Self.request("delete"))?.contains("allowedVerbs") == true)
      #expect(refusals().map(\.verb) == ["delete"])
      #expect(refusals().first?.subject.name == "system:controller:test")
    }
    try await granted([.get], resources: ["items"]) { client, _, _ in
      #expect(await denied(client, Self.request("get"))?.contains("allowedResources") == true)
    }
    try await granted([.get, .list], namespaces: ["other"]) { client, _, _ in
      #expect(await denied(client, Self.request("get"))?.contains("allowedNamespaces") == true)
      #expect(await denied(client, Self.request("list", ["namespace": ""]))?.contains("in all namespaces") == true)
    }
  }

  @Test func statusAndFinalizersNeedTheirCapabilities() async throws {
    let patch: JSONObject = ["patch": ["metadata": ["finalizers": ["example.com/hold"]]]]
    try await granted([.status, .patch]) { client, _, _ in
      #expect(await denied(client, Self.request("patch", patch))?.contains("finalization") == true)
      var object = Self.reference.object ?? JSONObject()
      object["metadata"] = ["name": "acme", "namespace": "default"]
      #expect(await denied(client, ["verb": "status", "object": .object(object)])?.contains("status_update") == true)
    }
    try await granted([.patch], capabilities: [.finalization]) { client, _, _ in
      let answer = try await client.answer(Self.request("patch", patch))
      #expect(answer["object"]?["metadata"]?["finalizers"] == ["example.com/hold"])
    }
  }

  /// A rule as roles have them, asked as the server asks it.
  private func role(_ verbs: [String], _ group: String, _ resources: [String]) -> GrantedClient.Authorize {
    let rule = PolicyRule(verbs: verbs, apiGroups: [group], resources: resources)
    return { _, verb, target in rule.allows(.resource(verb, target)) ? nil : "may not \(verb) \(target.path)" }
  }

  private static let event: JSON = ["verb": "event", "about": reference, "reason": "Seen", "message": "it was looked at"]

  /// A request to write the customer, with an id and a number of messages.
  private static func writing(_ verb: String, id: String = "acme", accepted: Int = 0) -> JSON {
    [
      "verb": .string(verb),
      "object": [
        "apiVersion": "ropewalk.dev/v1", "kind": "Customer", "metadata": ["name": "acme", "namespace": "default"],
        "spec": ["id": .string(id)], "status": ["messages": ["accepted": .number(JSONNumber(accepted))]],
      ],
    ]
  }

  @Test func anEventIsAQuestionAboutEvents() async throws {
    try await granted([.event], resources: ["events"], authorize: role(["create"], "", ["events"])) { client, registry, refusals in
      _ = try await client.answer(Self.event)
      let events = try await registry.list(ResourceQuery(.events, namespace: "default")).items
      #expect(events.map { $0.fields["reason"] } == ["Seen"])
      #expect(refusals().isEmpty)
    }
    try await granted([.event], resources: ["events"], authorize: role(["create"], "ropewalk.dev", ["customers"])) {
      client,
      registry,
      refusals in
      #expect(await denied(client, Self.event) == "may not create events")
      #expect(refusals().map(\.target) == [ResourceTarget(group: "", resource: "events", namespace: "default")])
      let events = try await registry.list(ResourceQuery(.events, namespace: "default")).items
      #expect(events.isEmpty)
    }
  }

  @Test func aStatusIsAQuestionAboutTheSubresource() async throws {
    let statusUpdate: Set<ControllerCapability> = [.statusUpdate]
    let onlyStatus = role(["update"], "ropewalk.dev", ["customers/status"])
    try await granted([.status, .update], capabilities: statusUpdate, authorize: onlyStatus) { client, registry, _ in
      _ = try await client.answer(Self.writing("status", accepted: 3))
      let key = ResourceKey(.customers, namespace: "default", name: "acme")
      #expect(try await registry.get(key).status?["messages"]?["accepted"] == 3)
      #expect(await denied(client, Self.writing("update", id: "other")) == "may not update customers")
    }
    let onlyObjects = role(["update"], "ropewalk.dev", ["customers"])
    try await granted([.status], capabilities: statusUpdate, authorize: onlyObjects) { client, _, _ in
      #expect(await denied(client, Self.writing("status")) == "may not update customers/status")
    }
  }

  @Test func objectsAreBounded() async throws {
    try await granted([.create, .update, .patch], maxObjectSize: .kibibytes(4)) { client, registry, refusals in
      let long = String(repeating: "x", count: 4096)
      let key = ResourceKey(.customers, namespace: "default", name: "acme")
      let before = try await registry.get(key)
      var object = Self.writing("update")["object"]?.object ?? [:]
      object["spec"] = ["id": "acme", "displayName": .string(long)]
      for verb in ["create", "update"] {
        let request: JSON = ["verb": .string(verb), "object": .object(object)]
        let error = await #expect(throws: RopewalkError.self) { try await client.answer(request, size: request.serialised().count) }
        #expect(error?.code == .clientDenied && error?.message.contains("maxObjectSize") == true)
      }
      // A small patch of what becomes too large.
      let half = String(repeating: "x", count: 3000)
      _ = try await client.answer(Self.request("patch", ["patch": ["spec": ["displayName": .string(half)]]]))
      let more: JSON = ["metadata": ["annotations": ["more": .string(half)]]]
      #expect(await denied(client, Self.request("patch", ["patch": more]))?.contains("maxObjectSize") == true)
      #expect(try await registry.get(key).metadata.annotations == before.metadata.annotations)
      #expect(refusals().map(\.verb) == ["create", "update", "patch"])
    }
  }

  @Test func aRequestThatTakesTooLongIsGivenUp() async throws {
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    var step = AdmissionStep(name: "slow", timeLimit: .seconds(3600))
    step.validate = { _ in
      try await Task.sleep(for: .seconds(3600))
      return []
    }
    registry.admission.set(step)
    let grants = ControllerGrants(resources: ["customers"], verbs: [.create, .list])
    var settings = GrantedClient.Settings(controller: "test", grants: grants, capabilities: [])
    settings.requestTimeout = .milliseconds(50)
    let client = GrantedClient(registry, settings: settings) { _ in }
    let error = await #expect(throws: RopewalkError.self) { try await client.answer(Self.writing("create")) }
    #expect(error?.code == .clientTimeout)
    #expect(try await client.answer(["verb": "list", "apiVersion": "ropewalk.dev/v1", "kind": "Customer"])["items"] == [])
  }

  @Test func whatIsNoRequestIsSaid() async throws {
    try await granted([.get]) { client, _, _ in
      for request in [[:], Self.request("look"), ["verb": "get", "apiVersion": "v9", "kind": "Nothing", "name": "a"]] as [JSON] {
        let error = await #expect(throws: RopewalkError.self) { try await client.answer(request) }
        #expect(error?.code == .clientInvalid)
      }
    }
  }

  @Test func requestsAreBounded() {
    var state = RequestAdmittanceState(maxConcurrent: 2, perSecond: 3)
    #expect(state.begin(at: .zero) == nil)
    #expect(state.begin(at: .zero) == nil)
    #expect(state.begin(at: .zero)?.contains("maxConcurrentRequests") == true)
    state.end()
    #expect(state.begin(at: .zero) == nil)
    state.end()
    #expect(state.begin(at: .zero)?.contains("requestsPerSecond") == true)
    #expect(state.begin(at: .milliseconds(400)) == nil)
  }
}
