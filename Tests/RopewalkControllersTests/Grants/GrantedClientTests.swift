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
    let grants = ControllerGrants(resources: resources, verbs: verbs, namespaces: namespaces)
    let settings = GrantedClient.Settings(controller: "test", grants: grants, capabilities: capabilities)
    let client = GrantedClient(registry, settings: settings) { refusal in refusals.withLock { $0.append(refusal) } }
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
