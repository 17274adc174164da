import Foundation
import RopewalkCore
import RopewalkTesting
import Subprocess
import SystemPackage
import Testing

/// Examples/controllers, as their guide has them run.
@Suite(.takesTurns) struct ControllerExamplesTests {
  private static let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Writes the examples' files, with another address of the warehouse and a shorter time between two looks at it.
  private func writeExamples(warehouse: Int, in folder: Folder) throws {
    for name in [
      "plugins/wasm-plugins.yaml", "plugins/item-validator-plugin.yaml", "category-hierarchy/controller.ts", "inventory-sync/controller.ts",
    ] {
      let text = try Project.file("Examples/controllers/\(name)")
        .replacing("127.0.0.1:8095", with: "127.0.0.1:\(warehouse)").replacing(#"every: "5m""#, with: #"every: "1s""#)
      try folder.write(name, text)
    }
    try folder.copyGuest("item-validator", to: "plugins/item-validator.wasm")
  }

  /// The warehouse of the example, in Python, while `body` runs. What it says goes to `warehouse.log`.
  private func withWarehouse(port: Int, in folder: Folder, _ body: () async throws -> Void) async throws {
    let log = try FileDescriptor.open(
      FilePath(folder.path).appending("warehouse.log"),
      .writeOnly,
      options: [.create, .truncate],
      permissions: .ownerReadWrite
    )
    let script = Project.root.appendingPathComponent("Examples/controllers/inventory-sync/warehouse.py").path
    _ = try await Subprocess.run(
      .path(FilePath(try #require(Self.python))),
      arguments: ["-u", script, "\(port)"],
      input: .none,
      output: .discarded,
      error: .fileDescriptor(log, closeAfterSpawningProcess: true)
    ) { execution in
      defer { try? execution.send(signal: .kill) }
      try await HTTP.waitForListener(on: port)
      try await body()
    }
  }

  private func items(_ count: Int) -> String {
    (1...count).map { number in
      let sku = "HAM-" + String("000\(number)".suffix(4))
      return
        "apiVersion: inventory.example.com/v1alpha1\nkind: Item\nmetadata: { name: item-\(number), namespace: default }\nspec: { sku: \(sku) }\n---\n"
    }.joined()
  }

  private func category(_ name: String, below parent: String) -> String {
    "apiVersion: inventory.example.com/v1alpha1\nkind: Category\nmetadata: { name: \(name), namespace: default }\nspec: { parent: \(parent) }\n---\n"
  }

  @Test(
    .enabled(if: BuiltGuest.areThere && python != nil, "run scripts/build-guests"),
    .enabled(if: ControlPlane.hasKubectl, ControlPlane.noKubectl)
  )
  func theThreeExamplesDoWhatTheySay() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try writeExamples(warehouse: port, in: folder)
      try folder.write("items.yaml", items(105))
      try await withWarehouse(port: port, in: folder) {
        try await ControlPlane.serving(try folder.writeInventoryKinds() + ["items.yaml"], in: folder) { plane in
          for name in ["item-validator", "category-hierarchy", "inventory-sync"] { try await plane.waitForController(name) }
          try await checkItems(plane)
          try await checkInventory(plane)
          try await checkCategories(plane)
        }
      }
    }
  }

  /// The default category, and the strict level.
  private func checkItems(_ plane: ControlPlane) async throws {
    try await plane.kubectl("apply", "-f", "-", input: try Project.file("Examples/controllers/objects.yaml"))
    #expect(try await plane.get("item", "mallet")["spec"]?["category"] == "general")
    #expect(try await plane.get("item", "claw-hammer")["spec"]?["category"] == "hammers")
    let refusal = try await plane.refusal("patch", "item", "mallet", "--type=merge", "--patch", #"{"spec": {"price": -1}}"#)
    #expect(refusal.contains("spec.price: cannot be less than 0"), "\(refusal)")
    #expect(
      try await plane.refusal("create", "-f", "-", input: items(1).replacing("HAM-", with: "ham-").replacing("item-1", with: "other"))
        .contains("three capital letters")
    )
  }

  /// Batches of 100, again and again, also when the item that asked for all is gone.
  private func checkInventory(_ plane: ControlPlane) async throws {
    func asked() -> [String] { plane.folder.lines(of: "warehouse.log").filter { $0.hasPrefix("asked") } }
    try await eventually("every item to be synced") {
      let items = try await plane.get("items")["items"]?.array ?? []
      return items.count == 107 && items.allSatisfy { $0["status"]?["available"]?.int != nil && $0["status"]?["syncedAt"] != nil }
    }
    let counts = asked().compactMap { $0.split(separator: " ").compactMap { Int($0) }.first }
    #expect(counts.contains(100) && counts.allSatisfy { $0 <= 100 }, "\(counts)")
    try await eventually("the warehouse to be asked for the rest") { asked().contains("asked for 7 items") }
    try await plane.kubectl("delete", "item", "claw-hammer")
    try await eventually("another one to ask") { asked().contains("asked for 6 items") }
  }

  /// Parents that are missing, circles, a limit of the depth; and what the status says where nothing may be refused.
  private func checkCategories(_ plane: ControlPlane) async throws {
    func place(_ name: String) async throws -> [JSON?] {
      let status = try await plane.get("category", name)["status"]
      return ["path", "depth", "phase"].map { status?[$0] }
    }
    try await eventually("the parent to be made") { try await place("tools") == ["tools", 0, "Ready"] }
    #expect(try await place("hammers") == ["tools/hammers", 1, "Ready"])
    let circle = ["patch", "category", "tools", "--type=merge", "--patch", #"{"spec": {"parent": "hammers"}}"#]
    #expect(try await plane.run(circle).errors.contains("spec.parent: Circle: tools/hammers/tools"))
    #expect(try await plane.refusal("create", "-f", "-", input: category("self", below: "self")).contains("Circle: self/self"))
    // With those that are there and `tools`, ten levels.
    let names = ["hammers"] + (3...10).map { "level-\($0)" }
    let levels = zip(names.dropFirst(), names).map { category($0, below: $1) }
    try await plane.kubectl("create", "-f", "-", input: levels.joined())
    try await eventually("the lowest level") { try await place("level-10")[1...] == [9, "Ready"] }
    let refusal = try await plane.refusal("create", "-f", "-", input: category("level-11", below: "level-10"))
    #expect(refusal.contains("spec.parent: TooDeep: more than 10 levels"), "\(refusal)")
    // Without the capability the circle is written, and said.
    let list = try String(contentsOfFile: plane.folder.path + "/plugins/wasm-plugins.yaml", encoding: .utf8)
    try plane.folder.write("plugins/wasm-plugins.yaml", list.replacing(#", "validation"]"#, with: "]"))
    try await eventually("the circle to be let through") { try await plane.run(circle).exitCode == 0 }
    try await eventually("the circle to be said") { try await place("tools") == ["", 0, "Circle: tools/hammers/tools"] }
  }
}
