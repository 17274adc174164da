import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkServer

@Suite("kubectl under rules of access", .serialized, .authorizingServer, .enabled(if: Kubectl.path != nil))
struct KubectlAccessTests {
  private let server: TestServer
  private let admin: Kubectl

  init() throws {
    server = try TestServer.get()
    admin = Kubectl(server)
  }

  /// Asks until the rules are in force, which is moments after they are written.
  private func until(_ answer: String, _ kubectl: Kubectl, _ arguments: String...) async throws {
    try await eventually("the answer to can-i \(arguments) \(answer)", within: .seconds(60)) {
      try await kubectl.run(["auth", "can-i"] + arguments, input: "", environment: [:]).output.trimmed.hasPrefix(answer)
    }
  }

  @Test func everyVerbOfAnotherTenant() async throws {
    for tenant in ["red", "blue"] {
      try await admin.succeed("create", "namespace", tenant)
      try await admin.succeed("-n", tenant, "create", "rolebinding", "all", "--clusterrole=admin", "--user=\(tenant)-user")
      try await admin.succeed("-n", tenant, "create", "-f", "-", input: Objects.customer("theirs", id: tenant))
    }
    let token = try server.tokens.create(id: "red", user: "red-user", groups: ["red-team"])
    let red = Kubectl(server, token: token)
    try await until("yes", red, "get", "customers", "-n", "red")

    try await red.succeed("-n", "red", "get", "customers")
    try await red.succeed("-n", "red", "apply", "-f", "-", input: Objects.customer("mine"))
    let refused: [[String]] = [
      ["get", "customers"], ["get", "customer", "theirs"], ["get", "customers", "-w"],
      ["get", "secrets"], ["get", "events"], ["describe", "customer", "theirs"],
      ["create", "-f", "-"], ["apply", "-f", "-"], ["apply", "--server-side", "-f", "-"], ["replace", "-f", "-"],
      ["patch", "customer", "theirs", "--type=merge", "-p", "{}"], ["patch", "customer", "theirs", "--type=json", "-p", "[]"],
      ["patch", "customer", "theirs", "--subresource=status", "--type=merge", "-p", "{}"],
      ["label", "customer", "theirs", "a=b"], ["annotate", "customer", "theirs", "a=b"],
      ["delete", "customer", "theirs"], ["delete", "customers", "--all"],
      ["wait", "--for=condition=Ready", "customer/theirs", "--timeout=1s"],
    ]
    for arguments in refused {
      let result = try await red.run(["-n", "blue"] + arguments, input: Objects.customer("theirs"), environment: [:])
      #expect(result.exitCode != 0, "kubectl \(arguments) went through: \(result.output)")
      #expect(!result.output.contains("blue"), "kubectl \(arguments) shows \(result.output)")
      #expect(result.errors.contains("orbidden"), "kubectl \(arguments): \(result.errors)")
    }
    #expect(try await red("get", "customers", "-A").errors.contains("at the cluster scope"))
    #expect(try await red("get", "namespaces").errors.contains("Forbidden"))
    #expect(try await red("get", "--raw", "/metrics").exitCode != 0)
    #expect(try await red("get", "--raw", "/apis/ropewalk.dev/v1/namespaces/blue/customers/theirs").exitCode != 0)
    #expect(try await red("get", "customers", "-n", "red", "--as", "blue-user").errors.contains("impersonate"))
    #expect(try await admin.succeed("-n", "blue", "get", "customer", "theirs", "-o", "jsonpath={.spec.id}").output == "blue")
    let audit = server.folder.read("api/audit.jsonl")
    #expect(audit.contains(#""user":"red-user""#) && audit.contains(#""outcome":"Forbidden""#))
  }

  /// Kinds of a tenant's, by the path of their group, each with an object.
  private static let kinds: [(path: String, object: JSON)] = [
    ("apis/ropewalk.dev/v1", ["apiVersion": "ropewalk.dev/v1", "kind": "Customer", "spec": ["id": "south"]]),
    (
      "apis/ropewalk.dev/v1",
      [
        "apiVersion": "ropewalk.dev/v1", "kind": "Integration",
        "spec": ["customer": "acme", "incoming": ["type": "generate"], "outgoing": ["type": "stdio"]],
      ]
    ),
    ("api/v1", ["apiVersion": "v1", "kind": "Secret", "stringData": ["key": "hunter2"]]),
    ("api/v1", ["apiVersion": "v1", "kind": "Event", "reason": "Seen", "involvedObject": ["kind": "Customer", "name": "theirs"]]),
  ]

  private struct Call {
    var method: String
    var path: String
    var contentType = "application/json"
    var body: JSON?
  }

  /// Every method, every form of reading and every kind of patch on a collection, on the object in it and on its status.
  private func calls(on collection: String, _ object: JSON) -> [Call] {
    let one = collection + "/theirs"
    let watch = "watch=true&timeoutSeconds=1"
    let patches: [(String, JSON)] = [
      ("application/json-patch+json", []), ("application/merge-patch+json", [:]), ("application/strategic-merge-patch+json", [:]),
      ("application/apply-patch+yaml", object),
    ]
    var calls = [collection, "\(collection)?\(watch)", "\(collection)?\(watch)&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"]
      .map { Call(method: "GET", path: $0) }
    calls += ["\(collection)?fieldSelector=metadata.name%3Dtheirs&\(watch)", "\(collection)?limit=1"].map { Call(method: "GET", path: $0) }
    calls += [Call(method: "POST", path: collection, body: object), Call(method: "DELETE", path: collection)]
    for path in [one, one + "/status"] {
      calls += [Call(method: "GET", path: path), Call(method: "PUT", path: path, body: object)]
      calls += patches.map { Call(method: "PATCH", path: path + "?fieldManager=me&force=true", contentType: $0, body: $1) }
    }
    return calls + [Call(method: "GET", path: "\(one)?\(watch)"), Call(method: "DELETE", path: one)]
  }

  private func named(_ object: JSON, in namespace: String) -> JSON {
    var members = object.object ?? [:]
    members["metadata"] = ["name": "theirs", "namespace": .string(namespace)]
    return .object(members)
  }

  @Test func everyMethodOfAnotherTenant() async throws {
    for tenant in ["north", "south"] {
      try await admin.succeed("create", "namespace", tenant)
      try await admin.succeed("-n", tenant, "create", "rolebinding", "all", "--clusterrole=admin", "--user=\(tenant)-user")
    }
    var configuration = try ClientConfiguration(kubeconfig: server.files.kubeconfig)
    configuration.token = try server.tokens.create(id: "north", user: "north-user", groups: [])
    let north = APIClient(configuration)
    try await until("yes", Kubectl(server, token: configuration.token), "get", "customers", "-n", "north")
    for (path, object) in Self.kinds {
      let object = named(object, in: "south")
      let type = try #require(server.registry.type(apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? ""))
      let key = ResourceKey(type.collection, namespace: "south", name: "theirs")
      _ = try await server.registry.create(Resource(json: object), options: WriteOptions())
      let before = try await server.registry.get(key)
      for call in calls(on: "/\(path)/namespaces/south/\(type.plural)", object) {
        let answer = try await north.answer(call.method, call.path, contentType: call.contentType, body: call.body)
        #expect(answer.status == 403 && answer.body["reason"] == "Forbidden", "\(call.method) \(call.path) \(call.contentType)")
        #expect(answer.body["metadata"] == [:], "\(call.method) \(call.path) shows \(answer.body.text())")
      }
      #expect(try await server.registry.get(key) == before)
      #expect(try await server.registry.list(ResourceQuery(type.collection, namespace: "south")).items.count == 1)
      // It is the namespace that is refused, not the form of the request.
      let own = "/\(path)/namespaces/north/\(type.plural)"
      let mine = named(object, in: "north")
      #expect(try await north.answer("POST", own, body: mine).status == 201)
      for call in calls(on: own, mine) where call.method == "GET" && !call.path.contains("/status") && !call.path.contains("watch") {
        #expect(try await north.answer(call.method, call.path).status == 200, "\(call.path)")
      }
      #expect(try await north.answer("DELETE", own).status == 200)
    }
  }

  @Test func escalation() async throws {
    try await admin.succeed("create", "namespace", "climb")
    try await admin.succeed("-n", "climb", "create", "rolebinding", "all", "--clusterrole=admin", "--user=climber")
    let climber = Kubectl(server, token: try server.tokens.create(id: "climber", user: "climber", groups: []))
    try await until("yes", climber, "create", "roles", "-n", "climb")
    try await climber.succeed("-n", "climb", "create", "role", "reader", "--verb=get,list", "--resource=customers.ropewalk.dev")
    let more = try await climber(
      "-n",
      "climb",
      "create",
      "role",
      "more",
      "--verb=*",
      "--resource=customresourcedefinitions.apiextensions.k8s.io"
    )
    #expect(more.errors.contains("it would grant what he does not have"), "\(more.errors)")
    let bound = try await climber("-n", "climb", "create", "rolebinding", "root", "--clusterrole=cluster-admin", "--user=climber")
    #expect(bound.errors.contains("it would grant what he does not have"), "\(bound.errors)")
    try await climber.succeed("-n", "climb", "create", "rolebinding", "reader", "--role=reader", "--user=somebody")
    #expect(try await climber("create", "clusterrole", "wide", "--verb=get", "--resource=customers.ropewalk.dev").exitCode == 1)
  }

  @Test func names() async throws {
    try await admin.succeed("create", "clusterrole", "one", "--verb=get,patch", "--resource=customers.ropewalk.dev", "--resource-name=only")
    try await admin.succeed("create", "clusterrolebinding", "one", "--clusterrole=one", "--group=ones")
    try await admin.succeed("create", "-f", "-", input: Objects.customer("only"))
    let user = Kubectl(server, token: try server.tokens.create(id: "one", user: "one", groups: ["ones"]))
    try await until("yes", user, "get", "customers/only")
    try await user.succeed("get", "customer", "only")
    try await user.succeed("annotate", "customer", "only", "seen=yes")
    #expect(try await user("get", "customer", "other").errors.contains("Forbidden"))
    #expect(try await user("get", "customers").errors.contains("Forbidden"))
    #expect(try await user.succeed("auth", "whoami").output.contains("ones"))
    #expect(try await admin.succeed("get", "customers", "--as", "one", "--as-group", "system:masters").exitCode == 0)
  }

  @Test func clientCertificates() async throws {
    let path = server.folder.path + "/carol"
    let made = try ClientCertificate(user: "carol", groups: ["ops"], lifetime: .seconds(3600), at: path, by: server.files)
    #expect(server.folder.mode("carol.key") == 0o600 && server.folder.mode("carol.crt") == 0o600)
    let own = server.folder.read("kubeconfig").split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.contains(" token: ") ? "    client-certificate: \(made.certificate)\n    client-key: \(made.key)" : String(line)
    }
    let config = try server.folder.write("carol.config", own.joined(separator: "\n"), mode: 0o600)
    let whoami = try await admin.succeed("--kubeconfig", config, "auth", "whoami")
    #expect(whoami.output.contains("carol") && whoami.output.contains("ops"), "\(whoami.output)")
    #expect(try await admin("--kubeconfig", config, "get", "customers").errors.contains("Forbidden"))
  }

  @Test func rotation() async throws {
    let token = try server.tokens.create(id: "short", user: "short", groups: [AccessRules.mastersGroup])
    let user = Kubectl(server, token: token)
    try await user.succeed("get", "customers", "-A")
    try server.tokens.revoke(id: "short")
    let refused = try await user("get", "customers", "-A")
    #expect(refused.exitCode == 1)
    #expect(refused.errors.contains("You must be logged in"), "\(refused.errors)")
    let next = Kubectl(server, token: try server.tokens.create(id: "short", user: "short", groups: [AccessRules.mastersGroup]))
    try await next.succeed("get", "customers", "-A")
  }
}
