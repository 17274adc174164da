import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

/// What one who may write in a namespace could do to everybody.
@Suite("requests that are made to hurt", .serialized, .server)
struct HostileRequestTests {
  private let server: TestServer
  private let client: APIClient
  private let customers = "/apis/ropewalk.dev/v1/namespaces/default/customers"
  private let jsonPatch = "application/json-patch+json"

  init() throws {
    server = try TestServer.get()
    client = APIClient(try ClientConfiguration(kubeconfig: server.files.kubeconfig))
  }

  private func customer(_ metadata: JSON, configuration: JSON = [:]) -> JSON {
    ["apiVersion": "ropewalk.dev/v1", "kind": "Customer", "metadata": metadata, "spec": ["configuration": ["*": configuration]]]
  }

  private func customer(_ name: String) -> JSON { customer(["name": .string(name)]) }

  @Test(arguments: ["1700-01-01T00:00:00Z", "2262-04-11T23:47:16Z"]) func anyTimeIsShownAndTidied(_ time: String) async throws {
    let event: JSON = [
      "apiVersion": "v1", "kind": "Event", "metadata": ["generateName": "e-", "namespace": "default"],
      "involvedObject": ["kind": "Customer", "name": "a", "namespace": "default"], "reason": "R", "message": "m", "type": "Normal",
      "lastTimestamp": .string(time), "firstTimestamp": .string(time), "count": 9_223_372_036_854_775_807,
    ]
    let events = "/api/v1/namespaces/default/events"
    _ = try await client.send("POST", events, body: event)
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    #expect(try await client.answer("GET", events, accept: table).body["rows"]?.array?.isEmpty == false)
    try await server.registry.sweep()
    #expect(try await client.answer("GET", "/healthz").status == 200)
  }

  @Test func aWatchOfAllTimeIsOneOfTheServersTime() async throws {
    _ = try await client.send("POST", customers, body: customer("watched"))
    try await client.watch("\(customers)?watch=true&timeoutSeconds=9223372036854775807") { _ in false }
    #expect(try await client.answer("GET", "/healthz").status == 200)
  }

  /// Each operation doubles what there is.
  @Test func aPatchCopiesSoMuchAndNoMore() async throws {
    _ = try await client.send("POST", customers, body: customer("copied"))
    let place = "/spec/configuration/*"
    var operations: [JSON] = [["op": "add", "path": .string("\(place)/a"), "value": .string(String(repeating: "x", count: 1000))]]
    for number in 0..<40 {
      operations.append(["op": "copy", "from": .string(place), "path": .string("\(place)/\(number)")])
    }
    let answer = try await client.answer("PATCH", "\(customers)/copied", contentType: jsonPatch, body: .array(operations))
    #expect(answer.status == 422 && answer.body["message"]?.string?.contains("bytes are copied") == true, "\(answer.body.text())")
  }

  @Test func whatIsTooDeepIsNotWritten() async throws {
    _ = try await client.send("POST", customers, body: customer("deep"))
    var value: JSON = [:]
    for _ in 0..<300 { value = ["a": value] }
    let at = { (levels: Int) in JSON.string("/spec/configuration/*" + String(repeating: "/a", count: levels)) }
    for operations in [
      [["op": "add", "path": at(1), "value": value]],
      [["op": "add", "path": at(1), "value": value], ["op": "add", "path": at(300), "value": value]],
    ] as [[JSON]] {
      let answer = try await client.answer("PATCH", "\(customers)/deep", contentType: jsonPatch, body: .array(operations))
      #expect((400...422).contains(answer.status) && answer.body["message"]?.string?.contains("deeper than") == true, "\(answer.status)")
    }
    let applied = customer(["name": "deep"], configuration: value)
    let path = "\(customers)/deep?fieldManager=me&force=true"
    #expect(try await client.answer("PATCH", path, contentType: "application/apply-patch+yaml", body: applied).status == 400)
    #expect(try await client.answer("GET", "\(customers)/deep").status == 200)
    _ = try await client.send("DELETE", "\(customers)/deep")
  }

  @Test func unknownMetadataIsSaid() async throws {
    let strange = customer(["name": "strange", "lables": ["a": "b"]])
    let strict = try await client.answer("POST", "\(customers)?fieldValidation=Strict", body: strange)
    #expect(strict.status == 400 && strict.body["message"]?.string?.contains("metadata.lables") == true)
    let warned = try await client.send("POST", customers, body: strange)
    #expect(warned.warnings.contains { $0.contains("metadata.lables") } && warned.body["metadata"]?["lables"] == nil)
  }

  /// Rules can hold somebody to names; the query is not where the name of a new object is.
  @Test func theNameOfWhatIsCreatedIsThatOfTheBody() async throws {
    let path = try #require(APIPath(group: "ropewalk.dev", version: "v1", ["namespaces", "default", "customers"]))
    let query = try QueryParameters("fieldSelector=metadata.name%3Dallowed")
    #expect(path.target(query, .create).name.isEmpty && path.target(query, .list).name == "allowed")
    _ = try await client.send("POST", "\(customers)?fieldSelector=metadata.name%3Dallowed", body: customer("forbidden-name"))
    _ = try await client.send("POST", customers, body: customer(["generateName": "made-"]))
    #expect(try await client.answer("POST", customers, body: customer("forbidden-name")).status == 409)
    let lines = server.folder.read("api/audit.jsonl").split(separator: "\n").map { (try? JSON.parse(String($0))) ?? .null }
    let names = lines.filter { $0["verb"] == "create" && $0["resource"] == "customers" }.compactMap { $0["name"]?.string }
    #expect(names.count { $0 == "forbidden-name" } == 2 && names.contains { $0.hasPrefix("made-") && $0.count > 5 }, "\(names)")
    #expect(!names.contains("allowed") && !names.contains(""))
  }
}
