import RopewalkCore
import Testing

@testable import RopewalkResources

struct ControllerManifestTests {
  /// A file that is there; whether it is a controller is for whoever loads it.
  private static let script = #filePath.replacing(
    "Tests/RopewalkResourcesTests/Controllers/ControllerManifestTests.swift",
    with: "Examples/controllers/inventory-sync/controller.ts"
  )

  @Test func readsOneController() throws {
    let contents = ControllerManifestFile.parse(
      text: """
        name: "item-validator"
        type: "wasm"
        path: "\(Self.script)"
        version: "v1.0.0"
        security:
          allowedResources: ["items", "events"]
          allowedVerbs: ["get", "list", "create"]
          allowedNamespaces: ["default", "inventory"]
          maxConcurrentRequests: 10
        """,
      file: "item-validator-plugin.yaml"
    )
    #expect(contents.problems == [])
    let controller = try #require(contents.controllers.first)
    #expect(controller.name == "item-validator" && controller.version == "v1.0.0")
    #expect(controller.kinds == nil && controller.capabilities == nil)
    let grants = try #require(controller.grants)
    #expect(grants.resources == ["items", "events"] && grants.verbs == [.get, .list, .create])
    #expect(grants.namespaces == ["default", "inventory"] && grants.maxConcurrentRequests == 10)
    #expect(controller.declaration["name"] == nil && controller.declaration["version"] == "v1.0.0")
  }

  @Test func readsAList() throws {
    let contents = ControllerManifestFile.parse(
      text: """
        plugins:
          - name: "category-hierarchy"
            path: "\(Self.script)"
            language: "tinygo"
            config:
              for_types: ["inventory.example.com/v1alpha1.Category"]
              capabilities: ["reconcile", "status_update"]
              settings: { max_depth: 10, auto_create_parents: true }
              memory_pages: 16
              max_memory_pages: 64
        """,
      file: "wasm-plugins.yaml"
    )
    #expect(contents.problems == [])
    let controller = try #require(contents.controllers.first)
    #expect(controller.kinds == [KindReference(apiVersion: "inventory.example.com/v1alpha1", kind: "Category")])
    #expect(controller.capabilities == [.reconcile, .statusUpdate])
    #expect(controller.settings == ["max_depth": 10, "auto_create_parents": true])
    #expect(controller.limits.memoryPages == 16 && controller.limits.maxMemoryPages == 64)
    #expect(controller.grants == nil)
  }

  @Test func theGoodOnesAreThereBesideEveryProblem() {
    let contents = ControllerManifestFile.parse(
      text: """
        plugins:
          - { name: good, path: "\(Self.script)" }
          - { name: gone, path: ./gone.wasm }
          - { name: odd, path: "\(Self.script)", config: { capabilities: [reconciling], memory_pages: 9, max_memory_pages: 8 } }
          - { name: good, path: "\(Self.script)" }
        """,
      file: "wasm-plugins.yaml"
    )
    #expect(contents.controllers.map(\.name).first == "good")
    let said = contents.problems.map(\.description).joined(separator: "\n")
    for words in ["gone.wasm does not exist", "did you mean reconcile?", "more than the 8 of max_memory_pages", "declared twice"] {
      #expect(said.contains(words), "\(said)")
    }
  }

  @Test(arguments: ["Item", "example.com/v1.item", "a/b/c.Item", ".Item", "example.com/v1."])
  func whatNamesNoKindIsNone(text: String) {
    #expect(KindReference(text) == nil)
  }
}
