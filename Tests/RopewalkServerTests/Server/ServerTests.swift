import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

@Suite("the API over HTTP", .serialized, .server)
struct ServerTests {
  private let server: TestServer
  private let client: APIClient
  private let customers = "/apis/ropewalk.dev/v1/namespaces/default/customers"

  init() throws {
    server = try TestServer.get()
    client = APIClient(try ClientConfiguration(kubeconfig: server.files.kubeconfig))
  }

  private func customer(_ name: String, _ spec: JSON = [:]) -> JSON {
    ["apiVersion": "ropewalk.dev/v1", "kind": "Customer", "metadata": ["name": .string(name)], "spec": spec]
  }

  /// The refusal that a request meets.
  private func refusal(
    _ method: String,
    _ path: String,
    accept: String = "application/json",
    contentType: String = "application/json",
    body: JSON? = nil,
    as other: APIClient? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> JSON {
    let answer = try await (other ?? client).answer(method, path, accept: accept, contentType: contentType, body: body)
    #expect(answer.status >= 400, "\(method) \(path) went through", sourceLocation: sourceLocation)
    #expect(answer.body["code"]?.int == answer.status && answer.body["kind"]?.string == "Status", sourceLocation: sourceLocation)
    return answer.body
  }

  @Test func nobodyComesInUnknown() async throws {
    var configuration = client.configuration
    configuration.token = nil
    let nobody = APIClient(configuration)
    for path in ["/api", "/apis", "/version", customers, "/metrics", "/nothing"] {
      #expect(try await refusal("GET", path, as: nobody)["reason"]?.string == "Unauthorized")
    }
    for path in ["/healthz", "/livez", "/readyz"] {
      #expect(try await nobody.send("GET", path).body.string == "ok")
    }
    configuration.token = "rw-wrong"
    #expect(try await refusal("GET", customers, as: APIClient(configuration))["code"]?.int == 401)
  }

  @Test func clientCertificates() async throws {
    let files = server.files
    let authority = try CertificateAuthority(certificatePath: files.authorityCertificate, keyPath: files.authorityKey)
    let issued = try authority.issueClient(user: "carol", groups: ["ops", "dev"], lifetime: 3600)
    var configuration = client.configuration
    configuration.token = nil
    configuration.certificatePEM = issued.certificatePEM
    configuration.keyPEM = issued.keyPEM
    let review: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"]
    let answer = try await APIClient(configuration).send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: review)
    #expect(answer.body["status"]?["userInfo"] == ["username": "carol", "groups": ["ops", "dev", "system:authenticated"]])

    let folder = try TestFolder()
    let stranger = try CertificateAuthority(certificatePath: folder.path + "/ca.crt", keyPath: folder.path + "/ca.key")
    let forged = try stranger.issueClient(user: "carol", groups: ["system:masters"], lifetime: 3600)
    configuration.certificatePEM = forged.certificatePEM
    configuration.keyPEM = forged.keyPEM
    await #expect(throws: RopewalkError.self) { try await APIClient(configuration).send("GET", "/api") }
  }

  @Test func theServerIsKnownByItsAuthority() async throws {
    let folder = try TestFolder()
    var configuration = client.configuration
    configuration.authorityPEM = try CertificateAuthority(
      certificatePath: folder.path + "/ca.crt",
      keyPath: folder.path + "/ca.key"
    ).certificatePEM
    await #expect(throws: RopewalkError.self) { try await APIClient(configuration).send("GET", "/healthz") }
    #expect(server.folder.mode("kubeconfig") == 0o600)
    #expect(server.folder.mode("api/ca.key") == 0o600)
  }

  @Test func badBodies() async throws {
    var deep: JSON = []
    for _ in 0..<600 { deep = [deep] }
    #expect(try await refusal("POST", customers, body: customer("deep", ["x": deep]))["code"]?.int == 400)
    let large = customer("large", ["displayName": .string(String(repeating: "x", count: 3 << 20))])
    #expect(try await refusal("POST", customers, body: large)["code"]?.int == 413)
    var twice: JSONObject = ["id": "a"]
    twice.append(key: "id", value: "b")
    let duplicate = customer("duplicate", .object(twice))
    let strict = try await refusal("POST", customers + "?fieldValidation=Strict", body: duplicate)
    #expect(strict["message"]?.string?.contains("duplicate field \"id\"") == true)
    let warned = try await client.send("POST", customers + "?fieldValidation=Warn&dryRun=All", body: duplicate)
    #expect(warned.warnings.contains { $0.contains("duplicate field \"id\"") })
    #expect(try await client.send("POST", customers + "?fieldValidation=Ignore&dryRun=All", body: duplicate).warnings.isEmpty)
    let unknown = customer("unknown", ["colour": "red"])
    #expect(try await refusal("POST", customers + "?fieldValidation=Strict", body: unknown)["code"]?.int == 400)
    #expect(try await client.send("POST", customers + "?dryRun=All", body: unknown).warnings.count == 1)
    #expect(try await refusal("POST", customers, body: ["kind": "Pod", "apiVersion": "v1"])["code"]?.int == 400)
    #expect(try await refusal("POST", customers, body: "text")["code"]?.int == 400)
    #expect(try await refusal("POST", customers, contentType: "text/html", body: customer("html"))["code"]?.int == 415)
    let elsewhere: JSON = [
      "apiVersion": "ropewalk.dev/v1", "kind": "Customer", "metadata": ["name": "e", "namespace": "other"], "spec": [:],
    ]
    #expect(try await refusal("POST", customers, body: elsewhere)["code"]?.int == 400)
    let invalid = try await refusal("POST", customers, body: customer("Bad Name"))
    #expect(invalid["code"]?.int == 422 && invalid["details"]?["causes"]?.array?.isEmpty == false)
    #expect(invalid["details"]?["kind"]?.string == "Customer" && invalid["details"]?["name"]?.string == "Bad Name")
  }

  @Test func badRequests() async throws {
    #expect(try await refusal("GET", "/apis/none.example/v1/things")["code"]?.int == 404)
    #expect(try await refusal("GET", customers + "/nobody/status/more")["code"]?.int == 404)
    #expect(try await refusal("GET", "/apis/ropewalk.dev/v1/customers/nobody")["code"]?.int == 404, "a name needs its namespace")
    #expect(try await refusal("PUT", customers)["code"]?.int == 405)
    #expect(try await refusal("POST", "/version")["code"]?.int == 405)
    #expect(try await refusal("GET", customers, accept: "application/vnd.kubernetes.protobuf")["code"]?.int == 406)
    #expect(try await refusal("GET", customers + "?limit=-1")["code"]?.int == 400)
    #expect(try await refusal("GET", customers + "?limit=1&continue=nonsense")["code"]?.int == 400)
    #expect(try await refusal("GET", customers + "?labelSelector=a%20b%20c")["code"]?.int == 400)
    #expect(try await refusal("GET", customers + "?watch=perhaps")["code"]?.int == 400)
    #expect(try await refusal("GET", "/api%zz")["code"]?.int == 400)
    #expect(try await refusal("POST", customers + "?dryRun=Some", body: customer("x"))["code"]?.int == 400)
    #expect(try await refusal("PATCH", customers + "/nobody", contentType: "application/merge-patch+json", body: [:])["code"]?.int == 404)
    #expect(try await refusal("DELETE", customers + "/nobody")["details"]?["name"]?.string == "nobody")
    // No answer of it is a Status, but it is an answer: the header is larger than it may be.
    var configuration = client.configuration
    configuration.token = String(repeating: "x", count: 70_000)
    #expect(try await APIClient(configuration).answer("GET", "/api").status == 400)
  }

  @Test func conflictingUpdates() async throws {
    let first = try await client.send("POST", customers, body: customer("contested", ["id": "one"])).body
    var changed = first.object ?? JSONObject()
    changed["spec"] = ["id": "two"]
    let second = try await client.send("PUT", customers + "/contested", body: .object(changed)).body
    #expect(second["metadata"]?["generation"]?.int == 2)
    let late = try await refusal("PUT", customers + "/contested", body: .object(changed))
    #expect(late["reason"]?.string == "Conflict")
    let version = first["metadata"]?["resourceVersion"] ?? ""
    let patch: JSON = ["metadata": ["resourceVersion": version], "spec": ["id": "three"]]
    let patched = try await refusal("PATCH", customers + "/contested", contentType: "application/merge-patch+json", body: patch)
    #expect(patched["reason"]?.string == "Conflict")
    let precondition: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "preconditions": ["uid": "another"]]
    #expect(try await refusal("DELETE", customers + "/contested", body: precondition)["reason"]?.string == "Conflict")
  }

  @Test func watches() async throws {
    let path = customers + "?labelSelector=watched%3Dyes"
    func labelled(_ name: String) -> JSON {
      [
        "apiVersion": "ropewalk.dev/v1", "kind": "Customer", "metadata": ["name": .string(name), "labels": ["watched": "yes"]], "spec": [:],
      ]
    }
    let one = try await client.send("POST", customers, body: labelled("w-1")).body
    let list = try await client.send("GET", path).body
    let version = list["metadata"]?["resourceVersion"]?.string ?? ""
    _ = try await client.send("POST", customers, body: labelled("w-2"))
    _ = try await client.send("DELETE", customers + "/w-1")
    _ = try await client.send("POST", customers, body: customer("w-unseen"))

    var events: [String] = []
    try await client.watch(path + "&watch=true&timeoutSeconds=60&resourceVersion=\(version)") { event in
      events.append("\(event["type"]?.string ?? "") \(event["object"]?["metadata"]?["name"]?.string ?? "")")
      return events.count < 2
    }
    #expect(events == ["ADDED w-2", "DELETED w-1"], "what happened after the list, in order and no more")

    var initial: [JSON] = []
    let streaming = "&watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=60"
    try await client.watch(path + streaming) { event in
      initial.append(event)
      return event["type"]?.string != "BOOKMARK"
    }
    #expect(initial.map { $0["type"]?.string } == ["ADDED", "BOOKMARK"])
    #expect(initial.last?["object"]?["metadata"]?["annotations"]?["k8s.io/initial-events-end"]?.string == "true")

    let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    try await client.watch(path + "&watch=true&timeoutSeconds=60", accept: table) { event in
      #expect(event["object"]?["kind"]?.string == "Table")
      return false
    }
    #expect(one["metadata"]?["uid"]?.string?.isEmpty == false)
    var ended = 0
    try await client.watch(path + "&watch=true&timeoutSeconds=1&resourceVersion=0") { _ in
      ended += 1
      return true
    }
    #expect(ended == 1, "a watch ends by itself after its time")
  }

  @Test func forms() async throws {
    _ = try await client.send("POST", customers, body: customer("formed"))
    let partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    let one = try await client.send("GET", customers + "/formed", accept: partial).body
    #expect(one["kind"]?.string == "PartialObjectMetadata" && one["spec"] == nil)
    let many = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    #expect(try await client.send("GET", customers, accept: many).body["kind"]?.string == "PartialObjectMetadataList")
    let yaml = try await client.send("GET", "/openapi/v3").body
    #expect(yaml["paths"]?["apis/ropewalk.dev/v1"] != nil)
    #expect(try await client.send("GET", "/openapi/v2").body["definitions"]?["dev.ropewalk.v1.Customer"] != nil)
    let metrics = try await client.send("GET", "/metrics").body.string ?? ""
    #expect(metrics.contains("ropewalk_api_requests_total{verb=\"create\",code=\"201\"}"))
  }

  @Test func secretsAreNotShown() async throws {
    let secrets = "/api/v1/namespaces/default/secrets"
    let secret: JSON = ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["key": "hunter2"]]
    let answer = try await client.send("POST", secrets, body: secret)
    #expect(answer.body.text().contains("hunter2") == false)
    #expect(try await client.send("GET", secrets).body.text().contains("hunter2") == false)
    #expect(!server.folder.read("api/audit.jsonl").contains("hunter2"))
  }

  /// A ceiling for a busy machine in a debug build; the figure itself is in Benchmarks/README.md.
  @Test func aThousandIntegrations() async throws {
    let path = "/apis/ropewalk.dev/v1/namespaces/default/integrations"
    for number in 0..<1000 {
      let object: JSON = [
        "apiVersion": "ropewalk.dev/v1", "kind": "Integration", "metadata": ["name": .string("many-\(number)"), "namespace": "default"],
        "spec": [
          "customer": "acme", "incoming": ["type": "timer", "config": ["every": "1h"]],
          "outgoing": ["type": "http", "config": ["url": "http://127.0.0.1:1/"]],
        ],
      ]
      _ = try await server.registry.create(Resource(json: object), options: WriteOptions())
    }
    let clock = ContinuousClock()
    var best = Duration.seconds(3600)
    for _ in 0..<5 {
      let start = clock.now
      let table = try await client.send("GET", path + "?limit=1000", accept: "application/json;as=Table;v=v1;g=meta.k8s.io").body
      best = min(best, clock.now - start)
      #expect(table["rows"]?.array?.count == 1000)
    }
    print("a table of 1,000 integrations, over TLS, parsed again by the client: \(best)")
    #expect(best < .seconds(30))
    var pages = 0
    var next: String? = ""
    while let token = next {
      let page = try await client.send("GET", path + "?limit=300" + (token.isEmpty ? "" : "&continue=\(URLText.encode(token))")).body
      pages += 1
      next = page["metadata"]?["continue"]?.string
    }
    #expect(pages == 4)
    _ = try await client.send("DELETE", path)
  }
}
