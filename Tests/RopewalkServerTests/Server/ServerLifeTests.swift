import Foundation
import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

@Suite("the life of a server", .serialized)
struct ServerLifeTests {
  @Test func isReadyWhenWhatItStandsOnIs() async throws {
    let checks = [HealthCheck("store") { nil }, HealthCheck("journal") { "cannot be read" }]
    try await TestServer.run(health: checks) { server in
      let client = APIClient(try ClientConfiguration(kubeconfig: server.files.kubeconfig))
      let answer = try await client.answer("GET", "/readyz")
      #expect(answer.status == 503 && answer.body.string == "not ready\njournal: cannot be read\n")
      #expect(try await client.answer("GET", "/livez").status == 200)
    }
  }

  @Test func mountedRoutes() async throws {
    let routes = [
      MountedRoute("/console/", access: .open) { .text("console \($0.path)") },
      MountedRoute("/inside", access: .authorized) { .text("hello \($0.subject?.name ?? "") \($0.query("q") ?? "")") },
    ]
    let metrics = [Metric("ropewalk_test", .gauge, help: "A test.") { [Metric.Sample(2.5, labels: [("kind", "a\"b")])] }]
    try await TestServer.run(routes: routes, metrics: metrics) { server in
      var configuration = try ClientConfiguration(kubeconfig: server.files.kubeconfig)
      let client = APIClient(configuration)
      #expect(try await client.send("GET", "/inside?q=x").body.string == "hello ropewalk-admin x")
      #expect(try await client.send("GET", "/metrics").body.string?.contains("ropewalk_test{kind=\"a\\\"b\"} 2.5\n") == true)
      configuration.token = nil
      #expect(try await APIClient(configuration).send("GET", "/console/a").body.string == "console /console/a")
      #expect(try await APIClient(configuration).answer("GET", "/inside").status == 401)
    }
  }

  @Test func limits() async throws {
    try await TestServer.run({ $0.limits.watches = 0 }) { server in
      let client = APIClient(try ClientConfiguration(kubeconfig: server.files.kubeconfig))
      let answer = try await client.answer("GET", "/api/v1/events?watch=true")
      #expect(answer.status == 429 && answer.body["details"]?["retryAfterSeconds"]?.int == 1)
    }
    try await TestServer.run({ $0.limits.maxListPage = 2 }) { server in
      let client = APIClient(try ClientConfiguration(kubeconfig: server.files.kubeconfig))
      for name in ["a", "b", "c"] {
        let object: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
        _ = try await client.send("POST", "/api/v1/namespaces", body: object)
      }
      let list = try await client.send("GET", "/api/v1/namespaces").body
      #expect(list["items"]?.array?.count == 2 && list["metadata"]?["continue"] != nil)
    }
  }

  @Test func nothingIsWrittenThatCannotBePutOnRecord() async throws {
    let folder = try TestFolder()
    let path = folder.path + "/log"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var limits = AuditLog.Limits()
    limits.maxSize = ByteCount(1)
    let audit = try AuditLog(path: path + "/audit.jsonl", limits: limits)
    try await TestServer.run(audit: audit) { server in
      let client = APIClient(try ClientConfiguration(kubeconfig: server.files.kubeconfig))
      func make(_ name: String) async throws -> APIClient.Answer {
        let object: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
        return try await client.answer("POST", "/api/v1/namespaces", body: object)
      }
      #expect(try await make("a").status == 201)
      try FileManager.default.removeItem(atPath: path)
      // The log is found to be gone by the write that cannot be put on it.
      #expect(try await make("b").status == 201)
      let refused = try await make("c")
      #expect(refused.status == 503 && refused.body["message"]?.string?.contains("the audit log") == true)
      #expect(try await client.answer("DELETE", "/api/v1/namespaces/a").status == 503)
      #expect(try await client.send("GET", "/api/v1/namespaces/a").body["metadata"]?["deletionTimestamp"] == nil)
      #expect(try await client.answer("GET", "/api/v1/namespaces/c").status == 404)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      #expect(try await make("c").status == 201)
    }
  }

  @Test func withoutTLSOnLoopbackOnly() async throws {
    try await TestServer.run({ $0.tls = .off }) { server in
      #expect(server.listening.url.hasPrefix("http://127.0.0.1:"))
      let client = APIClient(try ClientConfiguration(kubeconfig: server.files.kubeconfig))
      #expect(try await client.send("GET", "/version").body["major"]?.string == "1")
    }
    await #expect(throws: RopewalkError.self) {
      try await TestServer.run({
        $0.tls = .off
        $0.host = "0.0.0.0"
      }) { _ in }
    }
  }

  @Test func identityStaysOverRestarts() async throws {
    let folder = try TestFolder()
    let files = ServerFiles(dataFolder: folder.path)
    try PrivateFile.makeFolder(files.folder)
    let first = try ServerIdentity.selfMade(in: files, names: ["localhost", "127.0.0.1"])
    let certificate = folder.read("api/server.crt")
    let second = try ServerIdentity.selfMade(in: files, names: ["localhost"])
    #expect(first.authorityPEM == second.authorityPEM && folder.read("api/server.crt") == certificate)
    _ = try ServerIdentity.selfMade(in: files, names: ["localhost", "other.example"])
    #expect(folder.read("api/server.crt") != certificate, "a further name needs another certificate")
    #expect(folder.mode("api/server.key") == 0o600)
  }
}
