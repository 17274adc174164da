import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Synchronization
import SystemPackage
import Testing

@testable import RopewalkWasm

/// The controllers of Examples/controllers that `scripts/build-guests` builds: Rust, Go and Swift.
enum ExampleController: String, CaseIterable {
  case itemValidator = "item-validator"
  case itemAudit = "item-audit"
  case categoryLabels = "category-labels"

  static var built: [ExampleController] { allCases.filter { $0.path.resolved != nil } }

  var path: FilePath { Workshop.package.appending(".deps/guests/examples/\(rawValue).wasm") }

  func load(client: GuestClient) async throws -> (WasmController, ControllerMetadata, Workshop) {
    let workshop = try Workshop()
    let (controller, metadata) = try await workshop.runtime.prepare(ControllerSource(name: rawValue, path: path.string), client: client)
    return (controller, metadata, workshop)
  }
}

@Suite(.takesTurns, .enabled(if: ExampleController.built == ExampleController.allCases, "run scripts/build-guests"))
struct ControllerExampleTests {
  private static let nothing = GuestClient { _ in .refused(GuestClient.refusal("client.denied", "there is nothing here")) }

  @Test(arguments: ExampleController.allCases) func saysWhatItIsFor(example: ExampleController) async throws {
    let (_, metadata, _) = try await example.load(client: Self.nothing)
    let kind = example == .categoryLabels ? "Category" : "Item"
    #expect(metadata.kinds == [KindReference(apiVersion: "inventory.example.com/v1alpha1", kind: kind)])
    #expect(metadata.capabilities == (example == .itemValidator ? [.validation, .defaulting] : [.reconcile]))
  }

  @Test func theValidatorPutsItemsIntoTheDefaultCategory() async throws {
    let (controller, _, _) = try await ExampleController.itemValidator.load(client: Self.nothing)
    let answer = try await controller.call(.setDefaults, ["object": ["spec": ["sku": "HAM-0001"]]], in: .admission)
    #expect(answer?["object"]?["spec"]?["category"] == "general")
  }

  @Test func theLabelsNameTheParent() async throws {
    let objects = Objects()
    let client = objects.client { _ in
      .done(JSON.object(["object": ["metadata": ["name": "hammers"], "spec": ["parent": "tools"]]]).serialised())
    }
    let (controller, _, _) = try await ExampleController.categoryLabels.load(client: client)
    _ = try await controller.call(.reconcile, ["kind": "Category", "name": "hammers"], in: .reconciling(0))
    let requests = objects.requests.withLock(\.self)
    #expect(requests.map { $0["verb"]?.string } == ["get", "patch"])
    #expect(requests.last?["patch"]?["metadata"]?["labels"]?["parent"] == "tools")
  }
}
