import Foundation
import RopewalkCore
import RopewalkServer
import RopewalkTesting
import Synchronization
import Testing

@Suite(.takesTurns) struct ServeCommandTests {
  /// Orders over a total go to a file, marked with the version that let them pass.
  private func orders(port: Int, over total: Int, version: String, to path: String = "./orders.jsonl") -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata: { name: orders, namespace: default }
    spec:
      customer: acme
      incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: /orders } }
      filter:
        type: wasm
        inline: |
          export function process(order: Message): Message {
            if (order.total > \(total)) {
              order.version = "\(version)";
              return order;
            }
          }
      outgoing: { type: file, config: { path: "\(path)" } }
    """
  }

  /// Serves with its whole folder open to objects, in which there is no code; with other options, as they say.
  private func serving(
    _ files: [String] = [],
    api: Int,
    options: [String] = ["--allow-folder", "."],
    in folder: Folder,
    _ body: () async throws -> Void
  ) async throws {
    try await Ropewalk.serving(
      files,
      command: "serve",
      options: ["--listen", "127.0.0.1:\(api)"] + options,
      ports: [api],
      in: folder
    ) {
      try await eventually { folder.exists(".ropewalk/kubeconfig") }
      try await body()
    }
  }

  private func apply(_ text: String, in folder: Folder) async throws {
    try folder.write("applied.yaml", text)
    let result = try await Ropewalk.run("apply", "applied.yaml", in: folder)
    try #require(result.exitCode == 0, "\(result.errors)")
  }

  private func status(in folder: Folder) async throws -> JSON {
    try await Ropewalk.run("get", "integration", "orders", "--output", "json", in: folder).json["status"] ?? .null
  }

  private func isTrue(_ type: String, in status: JSON) -> Bool {
    status["conditions"]?.array?.contains { $0["type"]?.string == type && $0["status"] == "True" } ?? false
  }

  /// Sends orders until told to stop; returns how many were accepted. 503 is sent again, a reset is a failure.
  private func load(port: Int, until stop: borrowing Atomic<Bool>, _ name: String) async throws -> Int {
    var count = 0
    while !stop.load(ordering: .relaxed) {
      let answer = try await HTTP.post(
        #"{"total": \#(count % 2 == 0 ? 5 : 5000)}"#,
        to: "http://127.0.0.1:\(port)/orders",
        headers: ["Idempotency-Key": "\(name)-\(count)"]
      )
      #expect(answer.status == 202)
      count += 1
    }
    return count
  }

  @Test func anIntegrationIsAppliedEditedUnderLoadAndDeleted() async throws {
    try await Folder.with { folder in
      let (api, port) = (try await HTTP.freePort(), try await HTTP.freePort())
      let sent = Mutex(0)
      try await serving(api: api, in: folder) {
        try await apply(orders(port: port, over: 1000, version: "1"), in: folder)
        try await HTTP.waitForListener(on: port)
        let stop = Stop()
        try await withThrowingTaskGroup(of: Int.self) { group in
          for sender in 0..<3 { group.addTask { try await load(port: port, until: stop.flag, "sender-\(sender)") } }
          _ = try await folder.waitForLines(5, in: "orders.jsonl")
          // Steps alone: the run goes on.
          try await apply(orders(port: port, over: 0, version: "2"), in: folder)
          try await eventually { folder.lines(of: "orders.jsonl").last?.contains(#""version":"2""#) == true }
          // Everything: another run takes its place, at the same address.
          try await apply(orders(port: port, over: 0, version: "3", to: "./others.jsonl"), in: folder)
          _ = try await folder.waitForLines(5, in: "others.jsonl")
          // What cannot run leaves that running.
          try await apply(orders(port: port, over: 0, version: "4").replacing("return order", with: "return order +"), in: folder)
          try await eventually { isTrue("Degraded", in: try await status(in: folder)) }
          #expect(isTrue("Ready", in: try await status(in: folder)))
          stop.flag.store(true, ordering: .relaxed)
          for try await count in group { sent.withLock { $0 += count } }
        }
        let deletion = try await Ropewalk.run("delete", "integration", "orders", in: folder)
        #expect(deletion.exitCode == 0, "\(deletion.errors)")
        try await eventually { try await Ropewalk.run("get", "integration", "orders", in: folder).exitCode != 0 }
        await #expect(throws: (any Error).self) { try await HTTP.post("{}", to: "http://127.0.0.1:\(port)/orders", headers: [:]) }
      }
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      #expect(audit.exitCode == 0, "\(audit.errors)")
      let lines = folder.lines(of: "orders.jsonl").count + folder.lines(of: "others.jsonl").count
      let ledger = try #require(audit.json["total"])
      #expect(ledger["accepted"]?.int == sent.withLock { $0 }, "\(audit.output)")
      #expect(ledger["inFlight"]?.int == 0, "\(audit.output)")
      #expect(ledger["deadLettered"]?.int == 0, "\(audit.output)")
      #expect(lines >= ledger["delivered"]?.int ?? .max)
    }
  }

  private final class Stop: Sendable {
    let flag = Atomic(false)
  }

  /// Orders of customers that a header names; one setting and one step that customers may have their own of.
  private func customersOrders(port: Int) -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata: { name: orders, namespace: default }
    spec:
      customer: { header: X-Customer-ID }
      incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: /orders } }
      converter:
        name: mark
        type: wasm
        config: { settings: { mark: everyone }, capabilities: [GetCustomerID] }
        inline: |
          export function process(order: Message, context: Context) {
            return { customer: context.customerID, total: order.total, mark: context.settings.mark };
          }
      outgoing: { type: file, config: { path: ./orders.jsonl } }
    """
  }

  private func customer(_ name: String, _ spec: String) -> String {
    "apiVersion: ropewalk.dev/v1\nkind: Customer\nmetadata: { name: \(name), namespace: default }\nspec: \(spec)\n"
  }

  @Test func aCustomerHasItsOwnSettingsScriptsAndLimits() async throws {
    try await Folder.with { folder in
      let (api, port) = (try await HTTP.freePort(), try await HTTP.freePort())
      func post(_ customer: String, _ total: Int) async throws -> Int {
        let headers = ["X-Customer-ID": customer]
        return try await HTTP.once(Array(#"{"total": \#(total)}"#.utf8), to: "http://127.0.0.1:\(port)/orders", headers: headers).status
      }
      func lines(_ text: String) -> Int { folder.lines(of: "orders.jsonl").count { $0.contains(text) } }
      func ready(_ customer: String) async throws -> JSON {
        let object = try await Ropewalk.run("get", "customer", customer, "--output", "json", in: folder).json
        let conditions = object["status"]?["conditions"]?.array ?? []
        return conditions.first { $0["observedGeneration"] == object["metadata"]?["generation"] } ?? .null
      }
      try await serving(api: api, in: folder) {
        try await apply(customersOrders(port: port), in: folder)
        try await HTTP.waitForListener(on: port)
        // It listens before messages are taken, and says so with 503 until then.
        var answers: [Int] = []
        try await eventually {
          answers.append(try await post("acme", 1))
          return answers.last != 503
        }
        #expect(answers.last == 202, "\(answers)")
        try await eventually { lines(#""customer":"acme","total":1,"mark":"everyone""#) == 1 }
        // Settings while messages pass; the secret by the customer's name for it.
        try await apply(
          "apiVersion: v1\nkind: Secret\nmetadata: { name: marks, namespace: default }\nstringData: { acme: of-acme }\n",
          in: folder
        )
        let credentials = "credentials: { word: { secretRef: { name: marks, key: acme } } }"
        try await apply(customer("acme", #"{ \#(credentials), configuration: { orders: { mark: "${SECRET:word}" } } }"#), in: folder)
        try await eventually {
          _ = try await post("acme", 2)
          return lines(#""mark":"of-acme""#) > 0
        }
        #expect(try await post("globex", 3) == 202)
        try await eventually { lines(#""customer":"globex","total":3,"mark":"everyone""#) == 1 }
        // A script of its own, and what does not compile harms nobody else.
        let script = #"scripts: [{ integration: orders, step: mark, inline: "export function process() { return { own: 1 }; }" }]"#
        try await apply(customer("globex", "{ \(script) }"), in: folder)
        try await eventually {
          _ = try await post("globex", 4)
          return lines(#""own":1"#) > 0
        }
        try await apply(customer("globex", "{ \(script.replacing("own: 1", with: "own: +")) }"), in: folder)
        try await eventually { try await post("globex", 5) == 503 }
        try await eventually { try await ready("globex")["reason"] == "NotServed" }
        #expect(try await ready("globex")["message"]?.string?.hasPrefix("orders: ") == true)
        #expect(try await ready("acme")["status"] == "True")
        #expect(try await post("acme", 6) == 202)
        // Limits and suspension.
        try await apply(customer("globex", "{ limits: { messageSize: 16 } }"), in: folder)
        try await eventually { try await post("globex", 7) == 202 }
        #expect(try await post("globex", 1_000_000_000) == 400)
        try await apply(customer("globex", "{ suspended: true }"), in: folder)
        try await eventually { try await post("globex", 8) == 503 }
        try await eventually { try await ready("globex")["reason"] == "Suspended" }
        #expect(try await post("acme", 9) == 202)
      }
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      #expect(audit.exitCode == 0, "\(audit.output)")
      let letters = try await Ropewalk.run("dead-letters", "list", "--output", "json", in: folder).output
      #expect(audit.json["total"]?["deadLettered"]?.int == 0, "\(letters)")
    }
  }

  @Test func objectsDoNotReadTheServersEnvironment() async throws {
    try await Folder.with { folder in
      let (api, port) = (try await HTTP.freePort(), try await HTTP.freePort())
      try await serving(api: api, in: folder) {
        try await apply(orders(port: port, over: 0, version: "1", to: "./${ENV:HOME}/orders.jsonl"), in: folder)
        try await eventually { try await status(in: folder)["phase"] == "Failed" }
        #expect(try await status(in: folder)["lastError"]?["message"]?.string?.contains("HOME") == true)
      }
    }
  }

  @Test func objectsReachTheServersFilesOnlyWhereTheOperatorSaysSo() async throws {
    try await Folder.with { folder in
      try await Folder.with { other in
        let (api, port) = (try await HTTP.freePort(), try await HTTP.freePort())
        try folder.write("declared/orders.yaml", orders(port: port, over: 1000, version: "1", to: "\(other.path)/orders.jsonl"))
        try await serving(["declared"], api: api, in: folder) {
          // The file is the operator's word.
          try await HTTP.waitForListener(on: port)
          _ = try await HTTP.post(#"{"total": 2000}"#, to: "http://127.0.0.1:\(port)/orders")
          _ = try await other.waitForLines(1, in: "orders.jsonl")
          try await apply(orders(port: port, over: 1000, version: "2", to: "\(other.path)/orders.jsonl"), in: folder)
          try await eventually { isTrue("Degraded", in: try await status(in: folder)) }
          let message = try await status(in: folder)["lastError"]?["message"]?.string ?? ""
          #expect(message.contains("spec.outgoing.config.path") && message.contains("--allow-folder"), "\(message)")
          #expect(isTrue("Ready", in: try await status(in: folder)))
          try await apply(
            orders(port: port, over: 1000, version: "3").replacing(
              #"incoming: { type: http-webhook, config: { listen: "127.0.0.1:\#(port)", endpoint: /orders } }"#,
              with: "incoming: { type: file, config: { path: .ropewalk/api/admin.token } }"
            ),
            in: folder
          )
          try await eventually {
            try await status(in: folder)["lastError"]?["message"]?.string?.contains("admin.token is not in a folder that is open") == true
          }
        }
        #expect(folder.lines(of: "orders.jsonl").isEmpty)
      }
    }
  }

  @Test func noFolderIsOpenUnlessTheOperatorOpensIt() async throws {
    try await Folder.with { folder in
      let (api, port) = (try await HTTP.freePort(), try await HTTP.freePort())
      try await serving(api: api, options: [], in: folder) {
        try await apply(orders(port: port, over: 0, version: "1"), in: folder)
        try await eventually { try await status(in: folder)["phase"] == "Failed" }
        let message = try await status(in: folder)["lastError"]?["message"]?.string ?? ""
        #expect(message.contains("start serve with --allow-folder FOLDER"), "\(message)")
        #expect(!folder.exists("orders.jsonl"))
      }
    }
  }

  /// A controller that refuses customers without a name for people, and says whose write it is.
  private let gate = """
    name: gate
    type: wasm
    path: ../gate.js
    security: { allowedResources: [customers], allowedVerbs: [get] }
    config: { capabilities: [validation, admission] }
    """
  private let gateCode = """
    export const metadata = () => ({ name: "gate", version: "1.0.0", kinds: [], capabilities: ["validation", "admission"] });
    const look = ({ object, subject }) =>
      object.spec?.displayName ? { allowed: true } : { allowed: false, message: `no name from ${subject.name}` };
    export const validate_create = look;
    export const validate_update = look;
    """

  @Test func whatMustLookAtAWriteIsWaitedFor() async throws {
    try await Folder.with { folder in
      let api = try await HTTP.freePort()
      func write(_ name: String, _ spec: String) async throws -> Ropewalk.Result {
        try folder.write("applied.yaml", customer(name, spec))
        return try await Ropewalk.run("apply", "applied.yaml", in: folder)
      }
      try folder.write("plugins/gate-plugin.yaml", gate)
      try folder.write("gate.js", "export const metadata = (")
      try await serving(api: api, options: ["--tls", "off"], in: folder) {
        // It cannot be loaded: nothing that it must look at is written, from the first moment on.
        let refused = try await write("acme", "{ displayName: Acme }")
        #expect(refused.exitCode != 0 && refused.errors.contains("the controller 'gate' must look at this"), "\(refused.errors)")
        #expect(try await HTTP.once([], to: "http://127.0.0.1:\(api)/readyz", headers: [:], method: "GET").status == 200)
        try folder.write("gate.js", gateCode)
        try await eventually { try await write("acme", "{ displayName: Acme }").exitCode == 0 }
        // Customers are none of its own kinds: it looks at what it is allowed, and is told who writes.
        #expect(try await write("globex", "{}").errors.contains("no name from ropewalk-admin"))
        let audit = folder.lines(of: ".ropewalk/api/audit.jsonl")
        #expect(audit.contains { $0.contains(#""name":"gate","source":"plugins""#) })
      }
      // After a restart it is waited for again; without it nobody is.
      try folder.write("gate.js", "export const metadata = (")
      try await serving(api: api, options: [], in: folder) {
        #expect(try await write("initech", "{ displayName: Initech }").errors.contains("the controller 'gate'"))
        try FileManager.default.removeItem(atPath: folder.path + "/plugins/gate-plugin.yaml")
        try await eventually { try await write("initech", "{}").exitCode == 0 }
      }
    }
  }

  @Test func aControllerThatRefusesEverythingCanBeMended() async throws {
    try await Folder.with { folder in
      let api = try await HTTP.freePort()
      func write(_ name: String) async throws -> Ropewalk.Result {
        try folder.write("applied.yaml", customer(name, "{ displayName: Acme }"))
        return try await Ropewalk.run("apply", "applied.yaml", in: folder)
      }
      try folder.write("plugins/gate-plugin.yaml", gate.replacing("[customers]", with: #"["*"]"#))
      try folder.write("gate.js", gateCode.replacing("object.spec?.displayName ?", with: "false ?"))
      try await serving(api: api, options: ["--tls", "off"], in: folder) {
        try await eventually { try await write("acme").errors.contains("no name from ropewalk-admin") }
        // Its own object is written anew for that.
        try folder.write("gate.js", gateCode)
        try await eventually { try await write("acme").exitCode == 0 }
      }
    }
  }

  @Test func clientsAreKnownByTheirCertificates() async throws {
    try await Folder.with { folder in
      let api = try await HTTP.freePort()
      // Before the first start too.
      for (user, group) in [("carol", "system:masters"), ("bob", "ops")] {
        let made = try await Ropewalk.run("token", "certificate", "--user", user, "--group", group, in: folder)
        #expect(made.exitCode == 0 && made.output.contains("\(user).crt\n\(user).key"), "\(made.output)\(made.errors)")
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(user).key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
      }
      try await serving(api: api, in: folder) {
        for user in ["carol", "bob"] {
          let config = folder.lines(of: ".ropewalk/kubeconfig").map { line in
            line.contains(" token: ") ? "    client-certificate: \(user).crt\n    client-key: \(user).key" : line
          }
          try folder.write("\(user).config", config.joined(separator: "\n"))
        }
        let carol = try await Ropewalk.run("get", "customers", "--kubeconfig", "carol.config", in: folder)
        #expect(carol.exitCode == 0, "\(carol.errors)")
        let bob = try await Ropewalk.run("get", "customers", "--kubeconfig", "bob.config", in: folder)
        #expect(bob.errors.contains("\"bob\" cannot list"), "\(bob.errors)")
      }
    }
  }

  @Test(arguments: [["--tls-cert", "a.crt"], ["--client-ca", "ca.crt"], ["--tls", "off", "--tls-cert", "a.crt", "--tls-key", "a.key"]])
  func optionsOfTLSBelongTogether(_ options: [String]) async throws {
    try await Folder.with { folder in
      let result = try await Ropewalk.run(["serve"] + options, in: folder)
      #expect(result.exitCode == 64 && result.errors.contains("--tls-cert"), "\(result.errors)")
    }
  }

  @Test func whatIsDeclaredRunsAgainAfterARestart() async throws {
    try await Folder.with { folder in
      let (api, port) = (try await HTTP.freePort(), try await HTTP.freePort())
      try folder.write("declared/orders.yaml", orders(port: port, over: 1000, version: "1"))
      try await serving(["declared"], api: api, in: folder) {
        try await HTTP.waitForListener(on: port)
        _ = try await HTTP.post(#"{"total": 2000}"#, to: "http://127.0.0.1:\(port)/orders")
      }
      try await serving(api: api, in: folder) {
        try await HTTP.waitForListener(on: port)
        _ = try await HTTP.post(#"{"total": 3000}"#, to: "http://127.0.0.1:\(port)/orders")
        _ = try await folder.waitForLines(2, in: "orders.jsonl")
        try await eventually { try await status(in: folder)["messages"]?["delivered"]?.int == 2 }
        #expect(try await status(in: folder)["phase"] == "Running")
      }
    }
  }

  private func client(in folder: Folder) throws -> APIClient {
    APIClient(try ClientConfiguration(kubeconfig: folder.path + "/.ropewalk/kubeconfig"))
  }

  @Test func isDescribedAndWatched() async throws {
    try await Folder.with { folder in
      let (api, port) = (try await HTTP.freePort(), try await HTTP.freePort())
      try await serving(api: api, in: folder) {
        try await apply(orders(port: port, over: 0, version: "1"), in: folder)
        try await eventually { isTrue("Ready", in: try await status(in: folder)) }
        let described = try await Ropewalk.run("describe", "integration", "orders", in: folder)
        #expect(described.exitCode == 0, "\(described.errors)")
        for part in ["kind: Integration", "phase: Running", "\nEvents\n", "Started", "generation 1 runs"] {
          #expect(described.output.contains(part), "\(part) is not in: \(described.output)")
        }
        let asJSON = try await Ropewalk.run("describe", "integration/orders", "--output", "json", in: folder)
        #expect(asJSON.json["object"]?["metadata"]?["name"] == "orders")
        #expect(asJSON.json["events"]?.array?.contains { $0["reason"] == "Started" } == true, "\(asJSON.output)")
        let missing = try await Ropewalk.run("describe", "integration", "none", in: folder)
        #expect(missing.exitCode == 66 && missing.errors.contains("not found"), "\(missing.errors)")

        // Something changes for as long as somebody watches.
        let (client, isOver) = (try client(in: folder), Stop())
        async let changes = {
          var count = 0
          while !isOver.flag.load(ordering: .relaxed) {
            count += 1
            let change: JSON = ["metadata": ["labels": ["count": .string("\(count)")]]]
            let path = "/apis/ropewalk.dev/v1/namespaces/default/integrations/orders"
            _ = try await client.send("PATCH", path, contentType: "application/merge-patch+json", body: change)
            try await Task.sleep(for: .milliseconds(50))
          }
        }()
        let watched = try await Ropewalk.run("watch", "integration", "orders", "--timeout", "2s", "--output", "json", in: folder)
        isOver.flag.store(true, ordering: .relaxed)
        try await changes
        #expect(watched.exitCode == 0, "\(watched.errors)")
        let events = try watched.output.split(separator: "\n").map { try JSON.parse(String($0)) }
        #expect(events.first?["type"] == "ADDED" && events.dropFirst().contains { $0["type"] == "MODIFIED" }, "\(watched.output)")
        #expect(events.allSatisfy { $0["object"]?["metadata"]?["name"] == "orders" })
        let table = try await Ropewalk.run("watch", "integrations", "--timeout", "1s", in: folder)
        #expect(table.output.hasPrefix("EVENT  NAME") && table.output.contains("ADDED  orders"), "\(table.output)")
      }
    }
  }

  @Test func tokensAreMadeListedAndRevokedWhileItServes() async throws {
    try await Folder.with { folder in
      let api = try await HTTP.freePort()
      try await serving(api: api, in: folder) {
        func create(_ user: String, _ options: String...) async throws {
          let made = try await Ropewalk.run(["token", "create", "--user", user, "--output", "json"] + options, in: folder)
          #expect(made.exitCode == 0, "\(made.errors)")
          let token = try #require(made.json["token"]?.string)
          let lines = folder.lines(of: ".ropewalk/kubeconfig").map { $0.contains(" token: ") ? "    token: \(token)" : $0 }
          try folder.write("\(user).yaml", lines.joined(separator: "\n") + "\n")
        }
        func get(as user: String) async throws -> Ropewalk.Result {
          try await Ropewalk.run("get", "integrations", "--kubeconfig", "\(user).yaml", in: folder)
        }
        try await create("alice", "--group", "system:masters", "--expires-in", "90d")
        try await create("bob")
        try await eventually { try await get(as: "alice").exitCode == 0 }
        try await eventually { try await get(as: "bob").errors.contains("User \"bob\" cannot list resource") }
        #expect(try await get(as: "bob").exitCode == 77)
        #expect(try await Ropewalk.run("token", "create", "--user", "alice", in: folder).exitCode == 73)
        let list = try await Ropewalk.run("token", "list", "--output", "json", in: folder)
        #expect(list.json.array?.map { $0["id"]?.string } == ["ropewalk-admin", "alice", "bob"])
        #expect(list.json.array?[1]["groups"] == ["system:masters"] && list.json.array?[1]["expires"]?.string != nil)
        #expect(try await Ropewalk.run("token", "revoke", "alice", in: folder).output == "token/alice revoked\n")
        try await eventually { try await get(as: "alice").errors.contains("who asks is not known") }
        #expect(try await Ropewalk.run("token", "revoke", "alice", in: folder).exitCode == 66)
      }
    }
  }

  @Test func metricsCountMessagesAndAlerts() async throws {
    try await Folder.with { folder in
      let (api, port) = (try await HTTP.freePort(), try await HTTP.freePort())
      try await serving(api: api, in: folder) {
        let failing = orders(port: port, over: 1000, version: "1").replacing(
          "if (",
          with: "if (order.total < 0) throw new Error(\"no total\"); if ("
        )
        try await apply(failing + "\n  alerts: { after: 2 }\n", in: folder)
        try await HTTP.waitForListener(on: port)
        for total in [5000, 5, -1, -1, -1, 5000] {
          #expect(try await HTTP.post(#"{"total": \#(total)}"#, to: "http://127.0.0.1:\(port)/orders").status == 202)
        }
        let client = try client(in: folder)
        let expected = [("accepted", 6), ("delivered", 2), ("filtered", 1), ("dead-lettered", 3)].map { outcome, count in
          #"ropewalk_messages_total{integration="orders",outcome="\#(outcome)"} \#(count)"#
        }
        try await eventually {
          let lines = (try await client.send("GET", "/metrics").body.string ?? "").split(separator: "\n").map(String.init)
          return Set(lines).isSuperset(
            of: expected + [#"ropewalk_messages_in_flight{integration="orders"} 0"#, #"ropewalk_alerts_total{integration="orders"} 1"#]
          )
        }
      }
    }
  }
}
