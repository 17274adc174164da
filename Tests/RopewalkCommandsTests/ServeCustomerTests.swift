import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// What customers have of their own.
@Suite(.takesTurns) struct ServeCustomerTests {
  /// Orders of customers that a header names; one setting and one step that customers may have their own of.
  private func customersOrders(port: Int) -> String {
    Declaration.webhook(
      port: port,
      endpoint: "/orders",
      customer: "{ header: X-Customer-ID }",
      """
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
    )
  }

  @Test func aCustomerHasItsOwnSettingsScriptsAndLimits() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
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
      try await ControlPlane.serving(options: ControlPlane.openFolder, in: folder) { _ in
        try await folder.apply(customersOrders(port: port))
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
        try await folder.apply(
          "apiVersion: v1\nkind: Secret\nmetadata: { name: marks, namespace: default }\nstringData: { acme: of-acme }\n"
        )
        let credentials = "credentials: { word: { secretRef: { name: marks, key: acme } } }"
        try await folder.apply(Declaration.customer("acme", #"{ \#(credentials), configuration: { orders: { mark: "${SECRET:word}" } } }"#))
        try await eventually {
          _ = try await post("acme", 2)
          return lines(#""mark":"of-acme""#) > 0
        }
        #expect(try await post("globex", 3) == 202)
        try await eventually { lines(#""customer":"globex","total":3,"mark":"everyone""#) == 1 }
        // A script of its own, and what does not compile harms nobody else.
        let script = #"scripts: [{ integration: orders, step: mark, inline: "export function process() { return { own: 1 }; }" }]"#
        try await folder.apply(Declaration.customer("globex", "{ \(script) }"))
        try await eventually {
          _ = try await post("globex", 4)
          return lines(#""own":1"#) > 0
        }
        try await folder.apply(Declaration.customer("globex", "{ \(script.replacing("own: 1", with: "own: +")) }"))
        // What was taken and not begun when the script came is replayed once it is mended.
        try await eventually { try await post("globex", 5) == 503 }
        try await eventually { try await ready("globex")["reason"] == "NotServed" }
        #expect(try await ready("globex")["message"]?.string?.hasPrefix("orders: ") == true)
        #expect(try await ready("acme")["status"] == "True")
        #expect(try await post("acme", 6) == 202)
        // Limits and suspension.
        try await folder.apply(Declaration.customer("globex", "{ limits: { messageSize: 16 } }"))
        try await eventually { try await post("globex", 7) == 202 }
        #expect(try await post("globex", 1_000_000_000) == 413)
        try await folder.apply(Declaration.customer("globex", "{ suspended: true }"))
        try await eventually { try await post("globex", 8) == 503 }
        try await eventually { try await ready("globex")["reason"] == "Suspended" }
        #expect(try await post("acme", 9) == 202)
      }
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      #expect(audit.exitCode == 0, "\(audit.output)")
      let letters = try await Ropewalk.deadLetters(0, in: folder)
      #expect(audit.json["total"]?["deadLettered"]?.int == letters.count, "\(audit.output)")
      #expect(letters.allSatisfy { $0["customer"] == "globex" && $0["code"] == "customer.step.broken" }, "\(letters)")
    }
  }
}
