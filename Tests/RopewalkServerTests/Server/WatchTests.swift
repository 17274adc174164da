import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkServer

@Suite("watches over HTTP", .serialized)
struct WatchTests {
  private static let path = "/api/v1/namespaces"

  private func client(of server: TestServer) throws -> APIClient {
    APIClient(try ClientConfiguration(kubeconfig: server.files.kubeconfig))
  }

  private func namespace(_ name: String, note: String = "") -> Resource {
    Resource(
      apiVersion: "v1",
      kind: "Namespace",
      metadata: ResourceMetadata(name: name, annotations: ["note": note]),
      fields: [:]
    )
  }

  @Test func whatIsForgottenIsGone() async throws {
    let store = MemoryResourceStore(limits: ResourceStoreLimits(maxChangesInMemory: 10))
    try await TestServer.run(store: store) { server in
      let client = try client(of: server)
      for name in ["a", "b", "c"] { _ = try await server.registry.create(namespace(name), options: WriteOptions()) }
      let page = try await client.send("GET", Self.path + "?limit=1").body["metadata"]
      let version = try #require(page?["resourceVersion"]?.string)
      let next = URLText.encode(try #require(page?["continue"]?.string))
      #expect(try await client.answer("GET", Self.path + "?limit=1&continue=\(next)").status == 200)
      for number in 0..<40 { _ = try await server.registry.create(namespace("n-\(number)"), options: WriteOptions()) }
      for query in ["limit=1&continue=\(next)", "watch=true&timeoutSeconds=5&resourceVersion=\(version)"] {
        let answer = try await client.answer("GET", "\(Self.path)?\(query)")
        #expect(answer.status == 410 && answer.body["reason"] == "Expired", "\(query): \(answer.body.text())")
      }
    }
  }

  @Test func whoSeesNothingHearsHowFarTheStoreIs() async throws {
    let store = MemoryResourceStore(limits: ResourceStoreLimits(bookmarkInterval: .zero))
    try await TestServer.run(store: store) { server in
      let client = try client(of: server)
      let customers = "/apis/ropewalk.dev/v1/customers"
      let list = try await client.send("GET", customers).body
      let version = try #require(list["metadata"]?["resourceVersion"]?.string)
      let bookmarks = try await withThrowingTaskGroup(of: [JSON].self) { group in
        group.addTask {
          var events: [JSON] = []
          try await client.watch("\(customers)?watch=true&allowWatchBookmarks=true&timeoutSeconds=120&resourceVersion=\(version)") {
            event in
            events.append(event)
            return events.count < 3
          }
          return events
        }
        group.addTask {
          var number = 0
          while !Task.isCancelled {
            _ = try await server.registry.create(namespace("n-\(number)"), options: WriteOptions())
            number += 1
          }
          return []
        }
        defer { group.cancelAll() }
        return try await group.next() ?? []
      }
      #expect(bookmarks.map { $0["type"] } == ["BOOKMARK", "BOOKMARK", "BOOKMARK"])
      let places = bookmarks.compactMap { $0["object"]?["metadata"]?["resourceVersion"]?.string }.compactMap { Int($0) }
      #expect(places.count == 3 && places == places.sorted() && Set(places).count == 3)
      #expect(places.first.map { $0 > Int(version) ?? .max } == true)
    }
  }

  @Test func aClientThatDoesNotReadIsCutOff() async throws {
    try await TestServer.run({
      $0.tls = .off
      $0.limits.watchWriteTime = .milliseconds(500)
    }) { server in
      let client = try client(of: server)
      let token = try server.tokens.create(id: "silent", user: "silent", groups: [AccessRules.mastersGroup])
      let silent = try SilentClient(port: server.listening.port, token: token, path: Self.path + "?watch=true")
      try await untilOpen(1, client)
      // More than the buffers between the two can hold.
      let note = String(repeating: "x", count: 200 << 10)
      for number in 0..<80 { _ = try await server.registry.create(namespace("n-\(number)", note: note), options: WriteOptions()) }
      try await untilOpen(0, client)
      withExtendedLifetime(silent) {}
    }
  }

  @Test func aWatchEndsWithTheTokenItWasOpenedWith() async throws {
    try await TestServer.run({ $0.limits.watchRecheck = .milliseconds(20) }) { server in
      let client = try client(of: server)
      var configuration = client.configuration
      configuration.token = try server.tokens.create(id: "guest", user: "guest", groups: [AccessRules.mastersGroup])
      let guest = APIClient(configuration)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await guest.watch(Self.path + "?watch=true") { _ in true } }
        try await untilOpen(1, client)
        try server.tokens.revoke(id: "guest")
        try await group.waitForAll()
      }
      #expect(try await guest.answer("GET", Self.path).status == 401)
    }
  }

  /// Asks until so many watches are open; the limit is a bound against hanging, not a wait.
  private func untilOpen(_ count: Int, _ client: APIClient) async throws {
    try await eventually("the count of watches \(count)") {
      try await client.send("GET", "/metrics").body.string?.contains("\nropewalk_api_watches \(count)\n") ?? false
    }
  }
}
