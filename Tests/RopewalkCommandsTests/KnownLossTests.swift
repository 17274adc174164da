import Foundation
import RopewalkCore
import RopewalkTesting
import Synchronization
import Testing

/// How other systems lose messages, as far as it takes a whole process: real files, secrets, scripts, and ends of the process.
@Suite(.takesTurns) struct KnownLossTests {
  /// Elsewhere: what was under way when the configuration was read again was lost.
  @Test func aRestartInTheMiddleOfAReload() async throws {
    func orders(port: Int, version: Int) -> String {
      Declaration.orders(port: port, if: "order.isWanted", version: "\(version)", to: "./orders-\(version).jsonl")
    }
    try await Folder.with { folder in
      let (api, port) = (try FreePort.next(), try FreePort.next())
      let load = Load(url: "http://127.0.0.1:\(port)/orders")
      func serving(ending end: Ropewalk.End, _ body: () async throws -> Void) async throws {
        try await ControlPlane.serving(port: api, options: ControlPlane.openFolder, ending: end, in: folder) { _ in try await body() }
      }
      try await withThrowingDiscardingTaskGroup { group in
        for sender in 0..<3 { group.addTask { try await load.send("sender-\(sender)") } }
        for round in 0..<2 {
          try await serving(ending: .killed) {
            if round == 0 { try await folder.apply(orders(port: port, version: 0)) }
            try await load.waitForMore(20)
            // Another run is to take the place of this one, which has messages in flight. It is killed at once, or a little later.
            try await folder.apply(orders(port: port, version: round + 1))
            try await load.waitForMore(3 * round)
          }
        }
        load.stop()
      }
      var audit = JSON.null
      try await serving(ending: .drained) {
        try await eventually {
          audit = try await Ropewalk.run("audit", "--output", "json", in: folder).json
          return audit["total"]?["inFlight"] == 0
        }
      }
      // A line that was torn by the kill goes on with the next one.
      let delivered = (0...2).flatMap { folder.lines(of: "orders-\($0).jsonl") }.compactMap { line in
        line.lastIndex(of: "{").flatMap { try? JSON.parse(String(line[$0...]))["id"]?.string }
      }
      let accepted = load.accepted
      #expect(Set(accepted.filter(\.isWanted).map(\.id)).subtracting(delivered).isEmpty)
      let total = try #require(audit["total"])
      #expect(total["balances"] == true && total["deadLettered"] == 0, "\(total)")
      // The answer to one may have been lost with the process.
      #expect((accepted.count...accepted.count + 6).contains(total["accepted"]?.int ?? 0), "\(total)")
      #expect(total["filtered"]?.int ?? 0 >= accepted.count { !$0.isWanted }, "\(total)")
    }
  }

  /// Elsewhere: the shared store discarded the oldest messages of all.
  @Test func oneTenantsFloodMeetsAFullStore() async throws {
    try await Folder.with { folder in
      let (port, erp) = (try FreePort.next(), try FreePort.next())
      try folder.write(
        "orders.yaml",
        Declaration.webhook(
          port: port,
          customer: "{ header: X-Customer-ID }",
          """
          outgoing:
            type: http
            config: { url: "http://127.0.0.1:\(erp)/" }
            circuitBreaker: { failures: 1, openFor: 200ms }
          """
        )
      )
      func post(_ number: Int, customer: String = "flood") async throws -> HTTP.Answer {
        try await HTTP.post(#"{"n":\#(number)}"#, to: "http://127.0.0.1:\(port)/", headers: ["X-Customer-ID": customer])
      }
      try await Ropewalk.serving(["orders.yaml"], options: ["--journal-max-entries", "20"], ports: [port], in: folder) {
        for number in 0..<20 { #expect(try await post(number).status == 202) }
        for customer in ["flood", "quiet"] {
          let refused = try await post(20, customer: customer)
          #expect(refused.status == 429 && refused.headers["retry-after"] != nil)
        }
        try await receiving(at: erp) { receiver in
          let lines = try await receiver.waitForLines(20, in: "out.jsonl")
          #expect(lines.sorted() == (0..<20).map { #"{"n":\#($0)}"# }.sorted())
          // There is room again, for whoever was refused.
          try await eventually { try await post(20, customer: "quiet").status == 202 }
          #expect(try await receiver.waitForLines(21, in: "out.jsonl").last == #"{"n":20}"#)
        }
      }
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      let total = try #require(audit.json["total"])
      #expect(total["accepted"] == 21 && total["delivered"] == 21 && total["balances"] == true, "\(total)")
    }
  }

  /// Elsewhere: nothing was cached yet after a start, so nothing was sent, and it was acknowledged.
  @Test func aDestinationsStoreIsDownOnAColdCache() async throws {
    try await Folder.with { folder in
      let (port, erp) = (try FreePort.next(), try FreePort.next())
      try folder.write(
        "orders.yaml",
        Declaration.webhook(
          port: port,
          """
          outgoing:
            type: http
            config: { url: "http://127.0.0.1:\(erp)/${SECRET:erp-path}" }
            circuitBreaker: { failures: 1, openFor: 10m }
          """
        )
      )
      let options = ["--secrets", "secrets"]
      let secret = try folder.write("secrets/erp-path", "open-sesame")
      try await Ropewalk.serving(["orders.yaml"], options: options, ports: [port], in: folder) {
        for number in 0..<5 {
          let answer = try await HTTP.post("{\"n\":\(number)}", to: "http://127.0.0.1:\(port)/")
          #expect(answer.status == 202)
        }
      }
      // Started anew, it cannot look up what the destination needs: it takes nothing, and settles nothing.
      try FileManager.default.removeItem(atPath: secret)
      let cold = try await Ropewalk.run(["run", "orders.yaml"] + options, in: folder)
      #expect(cold.exitCode == 65 && cold.errors.contains("the secret erp-path is not there"), "\(cold.errors)")
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      #expect(audit.json["total"]?["accepted"] == 5 && audit.json["total"]?["inFlight"] == 5, "\(audit.output)")
      try folder.write("secrets/erp-path", "open-sesame")
      try await receiving(at: erp, path: "/open-sesame") { receiver in
        try await Ropewalk.serving(["orders.yaml"], options: options, ports: [port], in: folder) {
          let lines = try await receiver.waitForLines(5, in: "out.jsonl")
          #expect(lines.sorted() == (0..<5).map { "{\"n\":\($0)}" })
        }
      }
    }
  }

  /// A payload whose file is not what it was is neither delivered as it is now, nor does it hold up what comes after it.
  @Test func aDamagedPayloadIsADeadLetter() async throws {
    try await LocalServer.with(.init(), holding: { _ in true }) { server in
      try await Folder.with { folder in
        let port = try folder.declareWebhook(
          customer: "{ header: X-Customer-ID }",
          "limits: { drainTimeout: 100ms }\noutgoing: { type: http, config: { url: \"http://127.0.0.1:\(server.port)/\" } }"
        )
        let large = (0..<3).map { String(repeating: "\($0)", count: 300_000) }
        try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
          for text in large {
            #expect(try await HTTP.post(text, to: "http://127.0.0.1:\(port)/", headers: ["X-Customer-ID": "acme"]).status == 202)
          }
          try await server.waitForRequests(3)
        }
        let payloads = folder.path + "/.ropewalk/journal/payloads/"
        let files = try FileManager.default.contentsOfDirectory(atPath: payloads).sorted()
        #expect(files.count == 3)
        try FileManager.default.removeItem(atPath: payloads + files[0])
        try Data("changed".utf8).write(to: URL(fileURLWithPath: payloads + files[1]))
        server.release()
        try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
          try await server.waitForRequests(4)
          let letters = try await Ropewalk.deadLetters(2, in: folder)
          #expect(letters.allSatisfy { $0["code"] == "delivery.payload.unreadable" && $0["damage"] != nil }, "\(letters)")
          #expect(server.requests[3].body == large[2])
        }
        let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
        let total = try #require(audit.json["total"])
        #expect(audit.exitCode == 0 && total["delivered"] == 1 && total["deadLettered"] == 2 && total["inFlight"] == 0, "\(total)")
      }
    }
  }

  /// Elsewhere: a converter without its configuration answered nothing, which was taken for "filtered".
  @Test func aConverterHasNoConfiguration() async throws {
    try await Folder.with { folder in
      func convert(_ config: String) -> String {
        Declaration.integration(
          "orders",
          """
          incoming: { type: file, config: { path: ./orders.jsonl } }
          converter:
            name: convert
            type: wasm
            config: { \(config) }
            inline: |
              export function process(order: Message, context: Context) {
                return { amount: order.amount * context.settings.rates[order.currency] };
              }
          outgoing: { name: out, type: file, config: { path: ./out.jsonl } }
          """
        )
      }
      try folder.write("orders.jsonl", (1...3).map { "{\"amount\":\($0),\"currency\":\"EUR\"}\n" }.joined())
      try folder.write("orders.yaml", convert(""))
      let result = try await Ropewalk.run("run", "--once", "orders.yaml", "--output", "json", in: folder)
      #expect(result.exitCode == 76, "\(result.errors)")
      #expect(result.json["deadLettered"] == 3 && result.json["filtered"] == 0, "\(result.output)")
      let letters = try await Ropewalk.deadLetters(3, in: folder)
      #expect(letters.allSatisfy { $0["stage"] == "convert" && $0["code"] == "step.rejected" })
      #expect(letters.allSatisfy { $0["message"]?.string?.contains("orders.yaml:13") == true }, "\(letters)")
      // With it, they go on.
      try folder.write("orders.yaml", convert("settings: { rates: { EUR: 2 } }"))
      let replay = try await Ropewalk.run("dead-letters", "replay", "--all", "--yes", in: folder)
      #expect(replay.exitCode == 0, "\(replay.errors)")
      #expect(try await Ropewalk.run("run", "--once", "orders.yaml", in: folder).exitCode == 0)
      #expect(folder.lines(of: "out.jsonl").sorted() == (1...3).map { "{\"amount\":\($0 * 2)}" })
    }
  }

  /// Elsewhere: acknowledged, because "not found" and "could not look" were the same.
  @Test func aLookupFails() async throws {
    try await Folder.with { folder in
      let (api, port) = (try FreePort.next(), try FreePort.next())
      try folder.write(
        "declared/orders.yaml",
        Declaration.webhook(
          port: port,
          customer: "{ header: X-Customer-ID }",
          """
          converter:
            name: mark
            type: wasm
            config: { settings: { mark: everyone } }
            inline: |
              export function process(order: Message, context: Context) {
                return { n: order.n, mark: context.settings.mark };
              }
          outgoing: { type: file, config: { path: ./orders.jsonl } }
          """
        )
      )
      let credentials = "credentials: { word: { secretRef: { name: marks, key: globex } } }"
      try folder.write(
        "declared/globex.yaml",
        Declaration.customer("globex", #"{ \#(credentials), configuration: { orders: { mark: "${SECRET:word}" } } }"#)
      )
      func post(_ customer: String, _ number: Int) async throws -> Int {
        let headers = ["X-Customer-ID": customer]
        return try await HTTP.once(Array("{\"n\":\(number)}".utf8), to: "http://127.0.0.1:\(port)/", headers: headers).status
      }
      // The first start, and one that finds everything but the secret.
      for start in 1...2 {
        let options = ["--listen", "127.0.0.1:\(api)"]
        try await Ropewalk.serving(["declared"], command: "serve", options: options, ports: [api, port], in: folder) {
          try await eventually { try await post("acme", start) == 202 }
          #expect(try await post("globex", start) == 503)
          guard start == 2 else { return }
          try await folder.apply("apiVersion: v1\nkind: Secret\nmetadata: { name: marks }\nstringData: { globex: of-globex }\n")
          try await eventually { try await post("globex", 3) == 202 }
          _ = try await folder.waitForLines(3, in: "orders.jsonl")
        }
      }
      let expected = [#"{"n":1,"mark":"everyone"}"#, #"{"n":2,"mark":"everyone"}"#, #"{"n":3,"mark":"of-globex"}"#]
      #expect(folder.lines(of: "orders.jsonl").sorted() == expected)
    }
  }

  /// Has another Ropewalk write what comes to `port` and `path` to `out.jsonl`, in a folder of its own.
  private func receiving(at port: Int, path: String = "/", _ body: (Folder) async throws -> Void) async throws {
    try await Folder.with { folder in
      try folder.write(
        "erp.yaml",
        Declaration.webhook(
          "erp",
          port: port,
          endpoint: path,
          """
          outgoing: { type: file, config: { path: ./out.jsonl } }
          """
        )
      )
      try await Ropewalk.serving(["erp.yaml"], ports: [port], in: folder) { try await body(folder) }
    }
  }
}

/// Senders that send each order until it is accepted, whatever happens to the receiver, and know which were.
private final class Load: Sendable {
  struct Order: Sendable {
    var id: String
    var isWanted: Bool
  }

  private let url: String
  private let orders = Mutex<[Order]>([])
  private let isStopped = Atomic(false)

  init(url: String) {
    self.url = url
  }

  /// Those that were answered with 202.
  var accepted: [Order] { orders.withLock(\.self) }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  func waitForMore(_ count: Int) async throws {
    let goal = accepted.count + count
    try await eventually { accepted.count >= goal }
  }

  /// Sends until ``stop()``.
  func send(_ name: String) async throws {
    var number = 0
    while !isStopped.load(ordering: .relaxed) {
      let order = Order(id: "\(name)-\(number)", isWanted: number % 3 != 0)
      let body = Array(#"{"id":"\#(order.id)","isWanted":\#(order.isWanted)}"#.utf8)
      // Nobody is there, or was for long enough to answer.
      let answer = try? await HTTP.once(body, to: url, headers: ["Idempotency-Key": order.id])
      if answer?.status == 202 {
        orders.withLock { $0.append(order) }
        number += 1
      } else {
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }
}
