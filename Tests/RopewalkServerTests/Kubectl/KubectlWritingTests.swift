import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

@Suite("kubectl writes", .serialized, .server, .enabled(if: Kubectl.path != nil))
struct KubectlWritingTests {
  private let kubectl: Kubectl
  private let server: TestServer

  init() throws {
    server = try TestServer.get()
    kubectl = Kubectl(server)
  }

  private func spec(_ name: String) async throws -> JSON {
    try await kubectl.succeed("get", "customer", name, "-o", "json").json["spec"] ?? .null
  }

  @Test func creating() async throws {
    let made = try await kubectl.succeed("create", "-f", "-", input: Objects.customer("made"))
    #expect(made.output == "customer.ropewalk.dev/made created\n")
    let again = try await kubectl("create", "-f", "-", input: Objects.customer("made"))
    #expect(again.exitCode == 1)
    #expect(again.errors.contains("Error from server (AlreadyExists)"), "\(again.errors)")
    let dry = try await kubectl.succeed("create", "-f", "-", "--dry-run=server", input: Objects.customer("dry"))
    #expect(dry.output.contains("created (server dry run)"))
    #expect(try await kubectl("get", "customer", "dry").exitCode == 1)
    let generated = Objects.customer("x").replacing("name: x", with: "generateName: gen-")
    #expect(try await kubectl.succeed("create", "-f", "-", "-o", "name", input: generated).output.hasPrefix("customer.ropewalk.dev/gen-"))
  }

  @Test func applying() async throws {
    #expect(try await kubectl.succeed("apply", "-f", "-", input: Objects.customer("applied")).output.contains("created"))
    #expect(try await kubectl.succeed("apply", "-f", "-", input: Objects.customer("applied")).output.contains("unchanged"))
    let changed = Objects.customer("applied", id: "other").replacing("limits: { weight: 2 }", with: "suspended: true")
    let diff = try await kubectl("diff", "-f", "-", input: changed)
    #expect(diff.exitCode == 1 && diff.output.contains("+  id: other"), "\(diff.output)\(diff.errors)")
    #expect(try await kubectl.succeed("apply", "-f", "-", input: changed).output.contains("configured"))
    let spec = try await spec("applied")
    #expect(spec["id"]?.string == "other")
    #expect(spec["limits"] == nil, "what is not applied any more goes: \(spec)")
    let dry = try await kubectl.succeed("apply", "-f", "-", "--dry-run=server", input: Objects.customer("applied", id: "third"))
    #expect(dry.output.contains("(server dry run)"))
    #expect(try await self.spec("applied")["id"]?.string == "other")
  }

  @Test func applyingOnTheServer() async throws {
    let first = try await kubectl.succeed("apply", "--server-side", "-f", "-", input: Objects.customer("shared"))
    #expect(first.output.contains("serverside-applied"))
    try await kubectl.succeed("patch", "customer", "shared", "--type", "merge", "-p", #"{"spec":{"displayName":"Shared"}}"#)
    let changed = Objects.customer("shared", id: "new").replacing(", limits: { weight: 2 }", with: "")
    try await kubectl.succeed("apply", "--server-side", "-f", "-", input: changed)
    let spec = try await spec("shared")
    #expect(spec["id"]?.string == "new")
    #expect(spec["displayName"]?.string == "Shared", "what somebody else wrote stays: \(spec)")
    #expect(spec["limits"] == nil, "what this manager does not want any more goes: \(spec)")
    let before = try await kubectl.succeed("get", "customer", "shared", "-o", "jsonpath={.metadata.resourceVersion}").output
    try await kubectl.succeed("apply", "--server-side", "-f", "-", input: changed)
    let after = try await kubectl.succeed("get", "customer", "shared", "-o", "jsonpath={.metadata.resourceVersion}").output
    #expect(before == after, "applying the same writes nothing")
  }

  @Test func editing() async throws {
    try await kubectl.succeed("create", "-f", "-", input: Objects.customer("edited", id: "before"))
    let editor = try server.folder.write("editor", "#!/bin/sh\nsed -i 's/id: before/id: after/' \"$1\"\n", mode: 0o755)
    let result = try await kubectl.succeed("edit", "customer", "edited", environment: ["KUBE_EDITOR": editor])
    #expect(result.output.contains("customer.ropewalk.dev/edited edited"))
    #expect(try await spec("edited")["id"]?.string == "after")
  }

  @Test func patching() async throws {
    try await kubectl.succeed("create", "-f", "-", input: Objects.customer("patched"))
    try await kubectl.succeed("patch", "customer", "patched", "--type", "merge", "-p", #"{"spec":{"id":"m","limits":null}}"#)
    #expect(try await spec("patched") == ["id": "m"])
    let operations = #"[{"op":"test","path":"/spec/id","value":"m"},{"op":"add","path":"/spec/limits","value":{"weight":5}}]"#
    try await kubectl.succeed("patch", "customer", "patched", "--type", "json", "-p", operations)
    #expect(try await spec("patched")["limits"]?["weight"]?.int == 5)
    let failed = try await kubectl(
      "patch",
      "customer",
      "patched",
      "--type",
      "json",
      "-p",
      #"[{"op":"test","path":"/spec/id","value":"x"}]"#
    )
    #expect(failed.exitCode == 1)
    try await kubectl.succeed("annotate", "customer", "patched", "note=hello")
    try await kubectl.succeed("label", "customer", "patched", "tier=web")
    let labels = try await kubectl.succeed(
      "get",
      "customer",
      "patched",
      "-o",
      "jsonpath={.metadata.labels.tier}{.metadata.annotations.note}"
    )
    #expect(labels.output == "webhello")
    try await kubectl.succeed(
      "patch",
      "customer",
      "patched",
      "--subresource",
      "status",
      "--type",
      "merge",
      "-p",
      #"{"status":{"messages":{"accepted":7}}}"#
    )
    let status = try await kubectl.succeed("get", "customer", "patched", "-o", "jsonpath={.status.messages.accepted}")
    #expect(status.output == "7")
  }

  @Test func replacing() async throws {
    try await kubectl.succeed("create", "-f", "-", input: Objects.customer("replaced", id: "one"))
    let old = try await kubectl.succeed("get", "customer", "replaced", "-o", "json").output
    try await kubectl.succeed("replace", "-f", "-", input: Objects.customer("replaced", id: "two"))
    #expect(try await spec("replaced")["id"]?.string == "two")
    let late = try await kubectl("replace", "-f", "-", input: old)
    #expect(late.exitCode == 1)
    #expect(late.errors.contains("Error from server (Conflict)"), "\(late.errors)")
    #expect(late.errors.contains("the object has been modified"))
  }

  @Test func deleting() async throws {
    try await kubectl.succeed("create", "-f", "-", input: Objects.customer("gone"))
    #expect(try await kubectl.succeed("delete", "customer", "gone").output.contains("deleted"))
    #expect(try await kubectl("get", "customer", "gone").exitCode == 1)
    #expect(try await kubectl("delete", "customer", "gone").errors.contains("NotFound"))
    try await kubectl.succeed("delete", "customer", "gone", "--ignore-not-found")

    let held = Objects.customer("held").replacing("name: held", with: "name: held, finalizers: [example.com/hold]")
    try await kubectl.succeed("create", "-f", "-", input: held)
    try await kubectl.succeed("delete", "customer", "held", "--wait=false")
    let marked = try await kubectl.succeed("get", "customer", "held", "-o", "jsonpath={.metadata.deletionTimestamp}")
    #expect(!marked.output.isEmpty)
    async let waiting = kubectl("delete", "customer", "held", "--timeout", "60s")
    try await kubectl.succeed("patch", "customer", "held", "--type", "json", "-p", #"[{"op":"remove","path":"/metadata/finalizers"}]"#)
    _ = try await waiting
    #expect(try await kubectl("get", "customer", "held").exitCode == 1)

    for name in ["many-1", "many-2"] {
      try await kubectl.succeed("create", "-f", "-", input: Objects.customer(name, labels: "{ many: all }"))
    }
    try await kubectl.succeed("delete", "customers", "-l", "many=all")
    #expect(try await kubectl.succeed("get", "customers", "-l", "many=all", "-o", "name").output.isEmpty)
  }

  @Test func definingKinds() async throws {
    try await kubectl.succeed("apply", "-f", "-", input: Objects.itemDefinition)
    try await kubectl.succeed("wait", "--for=condition=Established", "crd/items.inventory.example.com", "--timeout=30s")
    try await kubectl.succeed("apply", "-f", "-", input: Objects.item("lamp", size: 7))
    let table = try await kubectl.succeed("get", "items", "lamp")
    #expect(table.lines[0].split(separator: " ") == ["NAME", "SIZE", "AGE"])
    #expect(table.lines[1].contains(" 7 "))
    #expect(try await kubectl.succeed("get", "it", "-o", "wide").lines[1].contains("grey"), "defaults are filled in")
    #expect(try await kubectl.succeed("explain", "items.spec.colour").output.contains("Its colour."))
    let invalid = try await kubectl("apply", "-f", "-", input: Objects.item("bad", size: 0))
    #expect(invalid.exitCode == 1)
    #expect(invalid.errors.contains("\"bad\" is invalid") && invalid.errors.contains("spec.size"), "\(invalid.errors)")
    let unknown = try await kubectl("apply", "-f", "-", input: Objects.item("odd", extra: ", weight: 3"))
    #expect(unknown.exitCode == 1)
    #expect(unknown.errors.contains("unknown field \"spec.weight\""), "\(unknown.errors)")
    let warned = try await kubectl.succeed("apply", "--validate=warn", "-f", "-", input: Objects.item("odd", extra: ", weight: 3"))
    #expect(warned.errors.contains("Warning: unknown field \"spec.weight\""), "\(warned.errors)")

    async let wait = kubectl("wait", "--for=condition=Ready", "item/lamp", "--timeout=60s")
    let ready = #"{"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#
    try await kubectl.succeed("patch", "item", "lamp", "--subresource=status", "--type=merge", "-p", ready)
    let waited = try await wait
    #expect(waited.exitCode == 0 && waited.output.contains("condition met"), "\(waited.output)\(waited.errors)")
    let never = try await kubectl("wait", "--for=jsonpath={.spec.size}=9", "item/lamp", "--timeout=1s")
    #expect(never.exitCode == 1)
    try await kubectl.succeed("delete", "item", "lamp")
    try await kubectl.succeed("delete", "crd", "items.inventory.example.com", "--timeout=60s")
    #expect(try await kubectl("get", "items").exitCode == 1)
  }

  @Test func refusing() async throws {
    let name = try await kubectl("create", "-f", "-", input: Objects.customer("Not_A_Name"))
    #expect(name.errors.contains("Invalid") && name.errors.contains("metadata.name"), "\(name.errors)")
    let label = try await kubectl("create", "-f", "-", input: Objects.customer("labelled", labels: #"{ "bad label": x }"#))
    #expect(label.exitCode == 1 && label.errors.contains("metadata.labels"), "\(label.errors)")
    let nowhere = try await kubectl("-n", "nowhere", "create", "-f", "-", input: Objects.customer("lost"))
    #expect(nowhere.exitCode == 1 && nowhere.errors.contains("nowhere"), "\(nowhere.errors)")
    let selector = try await kubectl("get", "customers", "-l", "a=b=c")
    #expect(selector.exitCode == 1)
  }
}
