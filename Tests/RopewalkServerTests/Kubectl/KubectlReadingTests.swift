import RopewalkCore
import RopewalkResources
import Synchronization
import Testing

@testable import RopewalkServer

@Suite("kubectl reads", .serialized, .server, .enabled(if: Kubectl.path != nil))
struct KubectlReadingTests {
  private let kubectl: Kubectl
  private let server: TestServer

  init() throws {
    server = try TestServer.get()
    kubectl = Kubectl(server)
  }

  @Test func tables() async throws {
    try await kubectl.succeed("create", "namespace", "reading")
    for name in ["a-one", "b-two", "c-three"] {
      let labels = name == "a-one" ? "{ tier: web }" : "{ tier: db }"
      try await kubectl.succeed("-n", "reading", "create", "-f", "-", input: Objects.customer(name, id: "id-\(name)", labels: labels))
    }
    let table = try await kubectl.succeed("get", "customers", "-n", "reading")
    #expect(table.lines.first?.split(separator: " ").first == "NAME")
    #expect(table.lines.first?.contains("CUSTOMER ID") == true)
    #expect(table.lines.count == 4)
    #expect(table.lines[1].contains("id-a-one"))
    #expect(table.lines[1].last.map { "smh".contains($0) } == true, "an age: \(table.lines[1])")

    let wide = try await kubectl.succeed("get", "cust", "-n", "reading", "-o", "wide", "--show-labels")
    #expect(wide.lines[1].contains("tier=web"))
    let all = try await kubectl.succeed("get", "customers", "-A")
    #expect(all.lines.first?.hasPrefix("NAMESPACE") == true)
    #expect(all.lines.contains { $0.hasPrefix("reading") })

    #expect(try await kubectl.succeed("get", "customers", "-n", "reading", "-l", "tier=db").lines.count == 3)
    let set = try await kubectl.succeed("get", "customers", "-n", "reading", "-l", "tier in (web),!absent", "-o", "name")
    #expect(set.lines == ["customer.ropewalk.dev/a-one"])
    let field = try await kubectl.succeed("get", "customers", "-n", "reading", "--field-selector", "spec.id=id-b-two", "-o", "name")
    #expect(field.lines == ["customer.ropewalk.dev/b-two"])
    let named = try await kubectl.succeed("get", "customers", "-n", "reading", "--field-selector", "metadata.name!=a-one", "-o", "name")
    #expect(named.lines.count == 2)
    let sorted = try await kubectl.succeed("get", "customers", "-n", "reading", "--sort-by", ".spec.id", "--no-headers")
    #expect(sorted.lines.count == 3)
    let pages = try await kubectl.succeed("get", "customers", "-n", "reading", "--chunk-size", "1", "-o", "name")
    #expect(pages.lines.count == 3)
  }

  @Test func documents() async throws {
    try await kubectl.succeed("create", "-f", "-", input: Objects.customer("documented", id: "doc"))
    let json = try await kubectl.succeed("get", "customer", "documented", "-o", "json").json
    #expect(json["spec"]?["id"]?.string == "doc")
    #expect(json["metadata"]?["uid"]?.string?.isEmpty == false)
    let yaml = try await kubectl.succeed("get", "customer/documented", "-o", "yaml")
    #expect(yaml.output.contains("apiVersion: ropewalk.dev/v1\n"))
    let path = try await kubectl.succeed("get", "customer", "documented", "-o", "jsonpath={.spec.limits.weight}")
    #expect(path.output == "2")
    let columns = try await kubectl.succeed("get", "customer", "documented", "-o", "custom-columns=ID:.spec.id")
    #expect(columns.lines == ["ID", "doc"])
    let missing = try await kubectl("get", "customer", "nobody")
    #expect(missing.exitCode == 1)
    #expect(missing.errors.contains("Error from server (NotFound): customers.ropewalk.dev \"nobody\" not found"))
    let unknown = try await kubectl("get", "unknowns")
    #expect(unknown.errors.contains("the server doesn't have a resource type \"unknowns\""))
    #expect(try await kubectl.succeed("get", "--raw", "/readyz").output == "ok")
  }

  @Test func watching() async throws {
    try await kubectl.succeed("create", "-f", "-", input: Objects.customer("watched"))
    let (kubectl, isDone) = (kubectl, Flag())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let arguments = ["get", "customers", "watched", "-w", "--output-watch-events", "--request-timeout", "6s"]
        let result = try await kubectl.run(arguments, input: "", environment: [:])
        isDone.set()
        #expect(result.lines.first?.hasPrefix("EVENT") == true, "\(result.errors)")
        #expect(result.lines.dropFirst().first?.hasPrefix("ADDED") == true)
        #expect(result.output.contains("MODIFIED"), "\(result.output)")
      }
      group.addTask {
        var number = 0
        while !isDone.isSet {
          number += 1
          try await kubectl.succeed("label", "customer", "watched", "--overwrite", "seen=n\(number)")
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func secrets() async throws {
    try await kubectl.succeed("create", "secret", "generic", "erp", "--from-literal=key=hunter2")
    let shown = try await kubectl.succeed("get", "secret", "erp", "-o", "yaml").output
    #expect(shown.contains("key: \"\""), "the key is shown: \(shown)")
    #expect(!shown.contains("hunter2") && !shown.contains("aHVudGVyMg"), "its value is not")
    #expect(try await kubectl.succeed("describe", "secret", "erp").output.contains("key:  0 bytes"))
    #expect(!server.folder.read("api/audit.jsonl").contains("hunter2"))
  }

  @Test func describing() async throws {
    try await kubectl.succeed("create", "-f", "-", input: Objects.customer("described", id: "d-1"))
    let object = try await kubectl.succeed("get", "customer", "described", "-o", "json").json
    let uid = object["metadata"]?["uid"]?.string ?? ""
    let event = """
      apiVersion: v1
      kind: Event
      metadata: { name: described.1, namespace: default }
      involvedObject: { apiVersion: ropewalk.dev/v1, kind: Customer, name: described, namespace: default, uid: \(uid) }
      reason: Greeted
      message: somebody said hello
      type: Normal
      count: 1
      source: { component: test }
      firstTimestamp: \(Timestamp.now.rfc3339Seconds)
      lastTimestamp: \(Timestamp.now.rfc3339Seconds)
      """
    try await kubectl.succeed("create", "-f", "-", input: event)
    let sheet = try await kubectl.succeed("describe", "customer", "described")
    #expect(sheet.output.contains("Name:         described"))
    #expect(sheet.output.contains("Weight:  2"))
    #expect(sheet.output.contains("Greeted"), "\(sheet.output)")
    let events = try await kubectl.succeed("events", "--for", "customer.ropewalk.dev/described")
    #expect(events.output.contains("somebody said hello"), "\(events.output)\(events.errors)")
    #expect(try await kubectl.succeed("get", "events").output.contains("Greeted"))
    #expect(try await kubectl.succeed("describe", "namespace", "default").output.contains("Active"))
  }

  @Test func discovering() async throws {
    let resources = try await kubectl.succeed("api-resources")
    #expect(resources.lines.contains { $0.hasPrefix("integrations") && $0.contains("ropewalk.dev/v1") && $0.hasSuffix("Integration") })
    #expect(resources.lines.contains { $0.hasPrefix("selfsubjectreviews") })
    let verbs = try await kubectl.succeed("api-resources", "--api-group", "ropewalk.dev", "-o", "wide")
    #expect(verbs.output.contains("create,delete,deletecollection,get,list,patch,update,watch"))
    let versions = try await kubectl.succeed("api-versions")
    #expect(versions.lines.contains("ropewalk.dev/v1") && versions.lines.contains("v1"))
    let version = try await kubectl.succeed("version", "-o", "json").json
    #expect(version["serverVersion"]?["gitVersion"]?.string?.contains("ropewalk") == true)
  }

  @Test func explaining() async throws {
    let kind = try await kubectl.succeed("explain", "customer")
    #expect(kind.output.contains("GROUP:      ropewalk.dev"))
    let field = try await kubectl.succeed("explain", "customer.spec.limits.weight")
    #expect(field.output.contains("The share of the processor"))
    #expect(try await kubectl.succeed("explain", "customer.metadata.labels").output.contains("selected by"))
    #expect(try await kubectl.succeed("explain", "integration", "--recursive").output.contains("orderingKey"))
    #expect(try await kubectl("explain", "customer.spec.nonsense").exitCode == 1)
  }

  @Test func asking() async throws {
    let who = try await kubectl.succeed("auth", "whoami")
    #expect(who.output.contains("ropewalk-admin") && who.output.contains("system:masters"))
    #expect(try await kubectl.succeed("auth", "can-i", "create", "integrations").output.contains("yes"))
    #expect(try await kubectl.succeed("auth", "can-i", "--list").output.contains("*.*"))
  }
}

/// Set once.
private final class Flag: Sendable {
  private let value = Mutex(false)

  var isSet: Bool { value.withLock { $0 } }
  func set() { value.withLock { $0 = true } }
}
