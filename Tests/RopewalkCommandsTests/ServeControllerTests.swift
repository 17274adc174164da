import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// Controllers in WASM as `ropewalk serve` finds and runs them, with the kinds of Examples/controllers.
@Suite(.takesTurns, .enabled(if: ControlPlane.hasKubectl, ControlPlane.noKubectl)) struct ServeControllerTests {
  private func item(_ name: String, _ spec: String) -> String {
    "apiVersion: inventory.example.com/v1alpha1\nkind: Item\nmetadata: { name: \(name), namespace: default }\nspec: { \(spec) }\n---\n"
  }

  private func category(_ name: String) -> String {
    "apiVersion: inventory.example.com/v1alpha1\nkind: Category\nmetadata: { name: \(name), namespace: default }\nspec: {}\n---\n"
  }

  /// A script for one kind, and the file that declares it.
  private func write(
    _ name: String,
    for kind: String = "Item",
    _ capability: String,
    _ code: String,
    _ more: String = "",
    in folder: Folder
  ) throws {
    try folder.write(
      "plugins/\(name).ts",
      """
      export const metadata = () =>
        ({ name: "\(name)", version: "1", kinds: ["inventory.example.com/v1alpha1.\(kind)"], capabilities: ["\(capability)"] });
      \(code)
      """
    )
    try folder.write("plugins/\(name)-plugin.yaml", "name: \(name)\ntype: wasm\npath: ./\(name).ts\n\(more)")
  }

  /// Labels each object with the version of the code that saw it first.
  private func marker(_ version: String) -> String {
    """
    export function reconcile(reference, { client }) {
      const object = client.get(reference);
      if (object.metadata.labels?.seen === undefined) client.patch(reference, { metadata: { labels: { seen: "\(version)" } } });
    }
    """
  }

  /// As the requirement has it, letter by letter.
  private let itemValidator = """
    name: "item-validator"
    type: "wasm"
    path: "./item-validator.wasm"
    version: "v1.0.0"
    security:
      allowedResources: ["items", "events"]
      allowedVerbs: ["get", "list", "create"]
      allowedNamespaces: ["default", "inventory"]
      maxConcurrentRequests: 10

    """

  /// The same.
  private let categoryHierarchy = """
    plugins:
      - name: "category-hierarchy"
        path: "./plugins/category-hierarchy.wasm"
        language: "tinygo"
        config:
          for_types: ["inventory.example.com/v1alpha1.Category"]
          capabilities: ["reconcile", "status_update"]
          settings: { max_depth: 10, auto_create_parents: true }
          memory_pages: 16
          max_memory_pages: 64

    """

  @Test(.enabled(if: BuiltGuest.areThere, "run scripts/build-guests"))
  func theTwoFormsOfADeclarationWorkAsTheyStand() async throws {
    try await Folder.with { folder in
      try folder.write("plugins/item-validator-plugin.yaml", itemValidator)
      try folder.copyGuest("item-validator", to: "plugins/item-validator.wasm")
      try folder.write("wasm-plugins.yaml", categoryHierarchy)
      try folder.copyGuest("category-labels", to: "plugins/category-hierarchy.wasm")
      try await ControlPlane.serving(try folder.writeInventoryKinds(), in: folder) { plane in
        try await plane.waitForController("item-validator")
        try await plane.waitForController("category-hierarchy")
        try await plane.kubectl("apply", "-f", "-", input: try Project.file("Examples/controllers/objects.yaml"))
        #expect(try await plane.get("item", "mallet")["spec"]?["category"] == "general")
        try await plane.kubectl("wait", "category/hammers", "--for=jsonpath={.metadata.labels.parent}=tools", "--timeout=120s")
        // What controllers write is on record, and not among what people did.
        let subject = #""user":"system:controller:category-hierarchy""#
        try await eventually("a record") { folder.lines(of: ".ropewalk/api/audit-controllers.jsonl").contains { $0.contains(subject) } }
        #expect(!folder.lines(of: ".ropewalk/api/audit.jsonl").contains { $0.contains(subject) })
        let found = try await plane.get("controllers")["items"]?.array ?? []
        #expect(found.compactMap { $0["metadata"]?["name"]?.string }.sorted() == ["category-hierarchy", "item-validator"])
        #expect(!plane.log(contains: "cannot be loaded"))
      }
    }
  }

  @Test(.enabled(if: BuiltGuest.areThere, "run scripts/build-guests"))
  func aValidatorHasItsSayUntilItsFileIsGone() async throws {
    try await Folder.with { folder in
      try folder.write("plugins/item-validator-plugin.yaml", itemValidator)
      try folder.copyGuest("item-validator", to: "plugins/item-validator.wasm")
      try await ControlPlane.serving(try folder.writeInventoryKinds(), in: folder) { plane in
        try await plane.waitForController("item-validator")
        let bad = item("nail", "sku: nail, quantity: -1")
        let refusal = try await plane.refusal("apply", "-f", "-", input: bad)
        #expect(refusal.contains("spec.quantity: cannot be less than 0"), "\(refusal)")
        #expect(refusal.contains("spec.sku: must be three capital letters"), "\(refusal)")
        // Other settings: what is there stays, what comes is judged by them.
        let lenient = "config: { settings: { level: lenient, default_category: misc } }\n"
        try folder.write("plugins/item-validator-plugin.yaml", itemValidator + lenient)
        try await eventually("a lenient validator") {
          let status = try await plane.get("controller", "item-validator")["status"]
          return status?["observedGeneration"] == 2 && status?["lastError"] == nil
        }
        try await plane.kubectl("apply", "-f", "-", input: item("nail", "sku: nail"))
        #expect(try await plane.get("item", "nail")["spec"]?["category"] == "misc")
        // Settings that it does not know: those before hold.
        try folder.write("plugins/item-validator-plugin.yaml", itemValidator + "config: { settings: { level: harsh } }\n")
        try await eventually("a refused level") {
          try await plane.get("controller", "item-validator")["status"]?["lastError"]?["message"]?.string?.contains("harsh") == true
        }
        #expect(try await plane.get("controller", "item-validator")["status"]?["phase"] == "Running")
        #expect(try await plane.refusal("apply", "-f", "-", input: bad.replacing("quantity", with: "price")).contains("spec.price"))
        // Without its files nothing is judged any more.
        for file in ["item-validator-plugin.yaml", "item-validator.wasm"] {
          try FileManager.default.removeItem(atPath: folder.path + "/plugins/" + file)
        }
        try await eventually("the bad item to be accepted") { try await plane.run(["apply", "-f", "-"], bad).exitCode == 0 }
        #expect(try await plane.get("controller", "item-validator") == .null)
      }
    }
  }

  @Test func aChangedScriptIsSwappedInAndNoObjectIsMissed() async throws {
    try await Folder.with { folder in
      try write("marker", "reconcile", marker("old"), in: folder)
      try await ControlPlane.serving(try folder.writeInventoryKinds(), in: folder) { plane in
        try await plane.waitForController("marker")
        var count = 0
        func makeSome() async throws {
          let items = (count..<count + 5).map { item("item-\($0)", "sku: A") }
          try await plane.kubectl("create", "-f", "-", input: items.joined())
          count += items.count
        }
        try await makeSome()
        try await eventually("the old code to see something") { try await !marked("old", plane).isEmpty }
        try write("marker", "reconcile", marker("new"), in: folder)
        // The server loads the new code while these are written.
        try await eventually("the new code to see something") {
          try await makeSome()
          return try await !marked("new", plane).isEmpty
        }
        try await eventually("every item to be seen") {
          try await marked("old", plane).count + marked("new", plane).count == count
        }
        for file in ["marker-plugin.yaml", "marker.ts"] { try FileManager.default.removeItem(atPath: folder.path + "/plugins/" + file) }
        try await eventually("the controller to end") {
          try await !plane.kubectl("get", "--raw", "/metrics").output.contains(#"controller="marker""#)
        }
        #expect(try await plane.get("controller", "marker") == .null)
      }
    }
  }

  private func marked(_ version: String, _ plane: ControlPlane) async throws -> [JSON] {
    try await plane.get("items", "--selector", "seen=\(version)")["items"]?.array ?? []
  }

  @Test func controllersThatLoopWriteForEverOrAreBrokenHarmNoOther() async throws {
    try await Folder.with { folder in
      try write("loops", "reconcile", "export function reconcile() { for (;;); }", "config: { timeout: 100ms }\n", in: folder)
      try write(
        "eager",
        for: "Category",
        "reconcile",
        """
        export function reconcile(reference, { client }) {
          const rounds = Number(client.get(reference).metadata.annotations?.rounds ?? 0) + 1;
          client.patch(reference, { metadata: { annotations: { rounds: `${rounds}` } } });
        }
        """,
        in: folder
      )
      try write("marker", "reconcile", marker("good"), in: folder)
      try folder.write("plugins/broken-plugin.yaml", "name: broken\npath: ./marker.ts\nsecurity: { allowedVerbs: [fly] }\n")
      try folder.write("plugins/gone-plugin.yaml", "name: gone\npath: ./gone.wasm\n")
      try await ControlPlane.serving(try folder.writeInventoryKinds(), in: folder) { plane in
        for name in ["loops", "eager", "marker"] { try await plane.waitForController(name) }
        // Each broken one is told of, with its place; none is there.
        try await eventually("the problems to be told") {
          plane.log(contains: "broken-plugin.yaml:3:") && plane.log(contains: "gone-plugin.yaml:2:")
        }
        #expect(try await plane.get("controller", "broken") == .null)
        // The one that loops rests, the one that writes what it watches is slowed and told so.
        let items = (0..<6).map { item("early-\($0)", "sku: A") }
        try await plane.kubectl("create", "-f", "-", input: items.joined() + category("tools"))
        try await plane.waitForController("loops", phase: "BackingOff")
        let described = try await plane.kubectl("describe", "controller", "loops").output
        #expect(described.contains("longer than its timeout of 100ms"), "\(described)")
        try await eventually("the loop to be found") {
          let events = try await plane.get("events", "--field-selector", "reason=ReconcileLoop")["items"]?.array ?? []
          return events.contains { $0["message"]?.string?.contains("the controller eager wrote what it watches") == true }
        }
        let (start, before) = (ContinuousClock.now, try await rounds(plane))
        // The good one goes on meanwhile.
        try await plane.kubectl("create", "-f", "-", input: item("late", "sku: A"))
        try await eventually("every item to be seen") { try await marked("good", plane).count == items.count + 1 }
        // The one that was under way, and one for each second.
        let more = try await rounds(plane) - before
        #expect(Double(more) <= 2 + (ContinuousClock.now - start) / .seconds(1))
        try await plane.waitForController("loops", phase: "BackingOff")
      }
    }
  }

  @Test func oneThatDoesNotStartIsTriedAgain() async throws {
    try await Folder.with { folder in
      let code = """
        const type = { apiVersion: "inventory.example.com/v1alpha1", kind: "Category" };
        const tools = { ...type, namespace: "default", name: "tools" };
        export function initialize(settings, { client }) { client.get(tools); }
        export function reconcile() {}
        """
      try write("patient", for: "Category", "reconcile", code, in: folder)
      try await ControlPlane.serving(try folder.writeInventoryKinds(), in: folder) { plane in
        try await plane.waitForController("patient", phase: "Failed")
        let error = try await plane.get("controller", "patient")["status"]?["lastError"]
        #expect(error?["reason"] == "LoadFailed")
        #expect(error?["message"]?.string?.contains("tools") == true, "\(error ?? .null)")
        try await plane.kubectl("create", "-f", "-", input: category("tools"))
        try await plane.waitForController("patient")
        #expect(try await plane.get("controller", "patient")["status"]?["lastError"] == nil)
      }
    }
  }

  private func rounds(_ plane: ControlPlane) async throws -> Int {
    let text = try await plane.get("category", "tools")["metadata"]?["annotations"]?["rounds"]?.string
    return try #require(text.flatMap { Int($0) })
  }

  @Test func aValidatorThatGivesNoAnswerRefusesOrIsIgnoredAsDeclared() async throws {
    try await Folder.with { folder in
      let endless = "export function validate_create() { for (;;); }"
      let limit = "config: { admission_timeout: 100ms }\n"
      try write("fails", for: "Category", "validation", endless, limit, in: folder)
      try write("ignored", "validation", endless, limit + "failurePolicy: Ignore\n", in: folder)
      try await ControlPlane.serving(try folder.writeInventoryKinds(), in: folder) { plane in
        for name in ["fails", "ignored"] { try await plane.waitForController(name) }
        let refusal = try await plane.refusal("create", "-f", "-", input: category("tools"))
        #expect(refusal.contains("controller/fails gave no answer"), "\(refusal)")
        #expect(try await plane.get("category", "tools") == .null)
        let made = try await plane.kubectl("create", "-f", "-", input: item("hammer", "sku: A"))
        #expect(made.errors.contains("controller/ignored gave no answer and is ignored"), "\(made.errors)")
        #expect(try await plane.get("item", "hammer")["spec"]?["sku"] == "A")
      }
    }
  }
}
