import RopewalkCore
import RopewalkPostgres
import RopewalkResources
import RopewalkSQLite
import RopewalkTesting
import Testing

@testable import RopewalkServer

/// What a day's work needs, over the stores that last. The other suites go through everything over the store in memory.
@Suite("kubectl over each store", .serialized, .enabled(if: Kubectl.path != nil))
struct KubectlStoreTests {
  private func smoke(_ store: any ResourceStore) async throws {
    try await TestServer.run(store: store) { server in
      let kubectl = Kubectl(server)
      try await kubectl.succeed("apply", "-f", "-", input: Objects.itemDefinition)
      try await kubectl.succeed("create", "namespace", "shop")
      try await kubectl.succeed("-n", "shop", "apply", "-f", "-", input: Objects.customer("acme", id: "one"))
      try await kubectl.succeed("-n", "shop", "apply", "-f", "-", input: Objects.customer("acme", id: "two"))
      try await kubectl.succeed("-n", "shop", "apply", "--server-side", "-f", "-", input: Objects.item("hammer"))
      try await kubectl.succeed("-n", "shop", "label", "customer", "acme", "tier=gold")
      try await kubectl.succeed("-n", "shop", "patch", "item", "hammer", "--type=merge", "-p", #"{"spec":{"colour":"red"}}"#)
      let condition = #"{"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#
      try await kubectl.succeed("-n", "shop", "patch", "item", "hammer", "--subresource=status", "--type=merge", "-p", condition)
      try await kubectl.succeed("-n", "shop", "wait", "--for=condition=Ready", "item/hammer", "--timeout=60s")
      let table = try await kubectl.succeed("get", "customers", "-A", "-l", "tier=gold", "--no-headers")
      #expect(table.lines.count == 1 && table.output.contains("two"))
      let item = try await kubectl.succeed("-n", "shop", "get", "item", "hammer", "-o", "json").json
      #expect(item["spec"]?["size"] == 3 && item["spec"]?["colour"] == "red")
      #expect(item["metadata"]?["generation"] == 2)
      try await kubectl.succeed("-n", "shop", "create", "secret", "generic", "crm", "--from-literal=token=hunter2")
      #expect(try await !kubectl.succeed("-n", "shop", "get", "secret", "crm", "-o", "yaml").output.contains("aHVudGVyMg"))
      for number in 0..<5 { try await kubectl.succeed("-n", "shop", "create", "-f", "-", input: Objects.customer("c-\(number)")) }
      #expect(try await kubectl.succeed("-n", "shop", "get", "customers", "--chunk-size", "2", "-o", "name").lines.count == 6)
      try await kubectl.succeed("delete", "namespace", "shop", "--timeout=60s")
      #expect(try await kubectl.succeed("get", "customers,items", "-A", "-o", "name").lines.isEmpty)
    }
  }

  @Test func sqlite() async throws {
    let folder = try TestFolder()
    let store = try SQLiteResourceStore(folder: folder.path + "/resources")
    do {
      try await smoke(store)
    } catch {
      try? store.close()
      throw error
    }
    try store.close()
  }

  @Test(.enabled(if: PostgresServer.binaries != nil, Comment(rawValue: PostgresServer.missing))) func postgres() async throws {
    try await PostgresServer.run { postgres in
      let store = try await PostgresResourceStore.open(url: postgres.url)
      defer { store.close() }
      try await smoke(store)
    }
  }
}
