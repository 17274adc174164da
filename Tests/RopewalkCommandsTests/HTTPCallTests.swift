import RopewalkCore
import RopewalkTesting
import Testing

/// Calls of a step's own code, from the binary to a real server.
@Suite(.takesTurns) struct HTTPCallTests {
  /// Looks up a rate for each order.
  private func rates(
    _ name: String,
    customer: String,
    incoming: String,
    server: LocalServer,
    timeout: String,
    isPrivateAllowed: Bool = true
  ) -> String {
    Declaration.integration(
      name,
      customer: customer,
      """
      incoming: \(incoming)
      converter:
        type: wasm
        inline: |
          export function process(order: Message) {
            const answer = ropewalk.httpCall({
              method: "POST",
              url: "http://127.0.0.1:\(server.port)/" + order.currency,
              headers: { Authorization: "Bearer of-the-step" },
              body: "rate of " + order.currency,
            });
            return { ...order, status: answer.status, rate: JSON.parse(answer.body).rate };
          }
        config:
          timeout: 5m
          capabilities: [HTTPCall]
          http: { allow: ["127.0.0.1:\(server.port)"], allowPrivateAddresses: \(isPrivateAllowed), timeout: \(timeout) }
      outgoing: { type: file, config: { path: ./\(name).jsonl } }
      """
    )
  }

  @Test func aCallThatIsNotAnsweredHoldsUpItsOwnCustomerAlone() async throws {
    try await LocalServer.with(.init(body: #"{"rate":2}"#), holding: { $0.path == "/slow" }) { server in
      try await Folder.with { folder in
        let port = try FreePort.next()
        let incoming = #"{ type: http-webhook, config: { listen: "127.0.0.1:\#(port)", endpoint: / } }"#
        let file = rates("rates", customer: "{ header: X-Customer-ID }", incoming: incoming, server: server, timeout: "5m")
        try folder.write("rates.yaml", file)
        try await Ropewalk.serving(["rates.yaml"], ports: [port], in: folder) {
          func post(_ currency: String, _ customer: String) async throws {
            let order = #"{"currency":"\#(currency)"}"#
            #expect(try await HTTP.post(order, to: "http://127.0.0.1:\(port)/", headers: ["X-Customer-ID": customer]).status == 202)
          }
          // More than there are processors.
          for number in 0..<8 { try await post("slow", "slow-\(number)") }
          try await server.waitForRequests(8)
          for _ in 0..<20 { try await post("USD", "good") }
          let served = try await folder.waitForLines(20, in: "rates.jsonl")
          #expect(served == Array(repeating: #"{"currency":"USD","status":200,"rate":2}"#, count: 20))
          server.release()
          let all = try await folder.waitForLines(28, in: "rates.jsonl")
          #expect(all.dropFirst(20).allSatisfy { $0 == #"{"currency":"slow","status":200,"rate":2}"# })
        }
      }
      let call = try #require(server.requests.last)
      #expect(call.path == "/USD" && call.body == "rate of USD" && call.authorization == "Bearer of-the-step")
    }
  }

  @Test func aCallWithoutAnAnswerIsADeadLetterAndOneToAPrivateAddressIsNotMade() async throws {
    try await LocalServer.with(.init(), holding: { _ in true }) { server in
      try await Folder.with { folder in
        for name in ["hasty", "shut"] {
          try folder.write("\(name)-in.jsonl", "{\"currency\":\"USD\"}\n")
          let incoming = "{ type: file, config: { path: ./\(name)-in.jsonl } }"
          let isAllowed = name == "hasty"
          let file = rates(name, customer: "acme", incoming: incoming, server: server, timeout: "3s", isPrivateAllowed: isAllowed)
          try folder.write("\(name).yaml", file)
        }
        let result = try await Ropewalk.run("run", "--once", "hasty.yaml", "shut.yaml", in: folder)
        #expect(result.exitCode == 76, "\(result.errors)")
        for (name, words) in [
          ("hasty", "127.0.0.1:\(server.port) did not answer within"),
          ("shut", "127.0.0.1 stands for a loopback address, which the step may not reach"),
        ] {
          let letter = try #require(try await Ropewalk.deadLetters(1, "--integration", name, in: folder).first)
          #expect(letter["stage"] == "converter-1" && letter["code"] == "step.rejected")
          #expect(letter["message"]?.string?.contains(words) == true, "\(letter)")
        }
        #expect(server.requests.map(\.path) == ["/USD"])
      }
    }
  }
}
