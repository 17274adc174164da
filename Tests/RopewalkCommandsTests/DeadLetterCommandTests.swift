import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct DeadLetterCommandTests {
  private func writeOrders(_ folder: Folder, port: Int) throws {
    try folder.write(
      "orders.yaml",
      Declaration.webhook(
        port: port,
        customer: "{ header: X-Customer-ID }",
        """
        ordering: key
        steps:
          - converter: { name: check, type: wasm, source: ./check.ts, config: { capabilities: [RaiseError] } }
        outgoing: { type: file, config: { path: ./out.txt } }
        """
      )
    )
    try folder.write(
      "check.ts",
      """
      export function process(order: Message): Message {
        if (order.total === undefined) ropewalk.raiseError("NO_TOTAL", "there is no total");
        return { ...order, checked: true };
      }
      """
    )
  }

  private func post(_ text: String, customer: String = "acme", port: Int) async throws -> Int {
    let headers = ["X-Customer-ID": customer, "Content-Type": "application/json", "X-Gitlab-Token": "very-secret"]
    return try await HTTP.post(text, to: "http://127.0.0.1:\(port)/", headers: headers).status
  }

  @Test func showsEditsAndReplaysALetterWhileTheIntegrationRuns() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try writeOrders(folder, port: port)
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        #expect(try await post(#"{"total":1}"#, port: port) == 202)
        #expect(try await post(#"{"tota":2}"#, port: port) == 202)
        let letter = try #require(try await Ropewalk.deadLetters(1, in: folder).first)
        let id = try #require(letter["id"]?.string)
        #expect(letter["stage"] == "check" && letter["guestCode"] == "NO_TOTAL" && letter["plugin"] == "check.ts")
        #expect(letter["pluginVersion"]?.string?.hasPrefix("sha256:") == true)
        #expect(letter["payload"] == nil)

        let shown = try await Ropewalk.run("dead-letters", "show", id, in: folder)
        #expect(shown.exitCode == 0)
        for part in ["there is no total", "NO_TOTAL", #""tota": 2"#, "check.ts:2", "***", "dead-letters replay \(id)"] {
          #expect(shown.output.contains(part), "\(part) is not in: \(shown.output)")
        }
        #expect(!shown.output.contains("very-secret"))
        let elsewhere = try await Ropewalk.run("dead-letters", "show", id, "--data-dir", "./.ropewalk", in: folder)
        #expect(elsewhere.output.contains("dead-letters replay \(id) --data-dir ./.ropewalk --edit"), "\(elsewhere.output)")

        let editor = try folder.write("editor", "#!/bin/sh\nsed -i 's/\"tota\"/\"total\"/' \"$1\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: editor)
        let replayed = try await Ropewalk.run(
          "dead-letters",
          "replay",
          id,
          "--edit",
          environment: ["VISUAL": "", "EDITOR": editor],
          in: folder
        )
        #expect(replayed.exitCode == 0, "\(replayed.errors)")
        #expect(replayed.output == "replayed 1\n")
        let delivered = try await folder.waitForLines(2, in: "out.txt")
        #expect(delivered == [#"{"total":1,"checked":true}"#, #"{"total":2,"checked":true}"#])

        let again = try await Ropewalk.run("dead-letters", "replay", id, in: folder)
        #expect(again.exitCode == 0 && again.errors.contains("replayed already"), "\(again.errors)")
      }
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      #expect(audit.exitCode == 0, "\(audit.errors)")
      let total = try #require(audit.json["total"])
      #expect(total["accepted"] == 3 && total["delivered"] == 2 && total["deadLettered"] == 1 && total["inFlight"] == 0)
      #expect(total["balances"] == true)
    }
  }

  @Test func whatAScriptSaysOfItsSecretsIsKeptNowhere() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try folder.write("secrets/hook", "hush-hush")
      try folder.write(
        "orders.yaml",
        Declaration.webhook(
          port: port,
          """
          filter:
            type: wasm
            config: { settings: { key: "${SECRET:hook}" } }
            inline: |
              export function process(order: Message, context: Context) {
                throw new Error("the call with " + context.settings.key + " failed");
              }
          outgoing: { type: file, config: { path: ./out.txt } }
          """
        )
      )
      try await Ropewalk.serving(["orders.yaml"], options: ["--secrets", "secrets"], ports: [port], in: folder) {
        #expect(try await post("{}", port: port) == 202)
        let letter = try #require(try await Ropewalk.deadLetters(1, in: folder).first)
        #expect(letter["message"]?.string?.contains("the call with *** failed") == true, "\(letter)")
      }
      for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path + "/.ropewalk") {
        guard let content = FileManager.default.contents(atPath: "\(folder.path)/.ropewalk/\(path)") else { continue }
        #expect(content.range(of: Data("hush-hush".utf8)) == nil, "\(path)")
      }
      #expect(!folder.lines(of: "standard-error.log").contains { $0.contains("hush-hush") })
    }
  }

  @Test func replaysWaitForTheIntegrationToRun() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try writeOrders(folder, port: port)
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        for number in 1...3 { #expect(try await post("{\"number\":\(number)}", customer: "c\(number % 2)", port: port) == 202) }
        _ = try await Ropewalk.deadLetters(3, in: folder)
      }
      let discarded = try await Ropewalk.run("dead-letters", "discard", "--customer", "c0", "--reason", "a test", "--yes", in: folder)
      #expect(discarded.output == "discarded 1 dead letter\n", "\(discarded.errors)")
      let closed = try await Ropewalk.deadLetters(1, "--state", "discarded", in: folder)
      #expect(closed.first?["discardReason"] == "a test")

      let unasked = try await Ropewalk.run("dead-letters", "replay", "--all", in: folder)
      #expect(unasked.exitCode == 64 && unasked.errors.contains("--yes"), "\(unasked.errors)")
      let waiting = try await Ropewalk.run("dead-letters", "replay", "--all", "--from-start", "--yes", "--output", "json", in: folder)
      #expect(waiting.exitCode == 0 && waiting.errors.contains("the replays wait in the journal"), "\(waiting.errors)")
      #expect(waiting.json["replayed"] == 2)
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      let total = try #require(audit.json["total"])
      #expect(total["inFlight"] == 2)

      // The step was corrected meanwhile.
      try folder.write("check.ts", "export function process(order: Message): Message { return { n: order.number }; }\n")
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        let delivered = try await folder.waitForLines(2, in: "out.txt")
        #expect(delivered == [#"{"n":1}"#, #"{"n":3}"#])
      }
    }
  }

  @Test func replaysInAnEarlierVersion() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try writeOrders(folder, port: port)
      var first = ""
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        #expect(try await post(#"{"number":1}"#, port: port) == 202)
        first = try await Ropewalk.deadLetters(1, in: folder)[0]["pluginVersion"]?.string ?? ""
      }
      try folder.write("check.ts", "export function process(order: Message): Message { throw new Error('worse'); }\n")
      let id = try #require(try await Ropewalk.deadLetters(1, in: folder)[0]["id"]?.string)
      #expect(try await Ropewalk.run("dead-letters", "replay", id, "--payload", "fixed.json", in: folder).exitCode == 66)
      try folder.write("fixed.json", #"{"total":9}"#)
      let replayed = try await Ropewalk.run(
        "dead-letters",
        "replay",
        id,
        "--payload",
        "fixed.json",
        "--version",
        "check=\(first)",
        in: folder
      )
      #expect(replayed.exitCode == 0, "\(replayed.errors)")
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        let delivered = try await folder.waitForLines(1, in: "out.txt")
        #expect(delivered == [#"{"total":9,"checked":true}"#])
        #expect(try await post(#"{"total":1}"#, port: port) == 202)
        let letter = try await Ropewalk.deadLetters(1, in: folder)[0]
        #expect(letter["pluginVersion"]?.string != first)
      }
      let gone = "check=sha256:" + String(repeating: "0", count: 64)
      for short in ["check=latest", "check=sha256:5fd0f9bd"] {
        let refused = try await Ropewalk.run("dead-letters", "replay", "--all", "--yes", "--version", short, in: folder)
        #expect(refused.exitCode == 64 && refused.errors.contains("all 64 digits"), "\(refused.errors)")
      }
      let unnamed = try await Ropewalk.run("dead-letters", "replay", "--version", gone, in: folder)
      #expect(unnamed.exitCode == 64 && unnamed.errors.contains("say --all"), "\(unnamed.output)\(unnamed.errors)")
      #expect(try await Ropewalk.run("dead-letters", "replay", "--all", "--yes", "--version", gone, in: folder).exitCode == 0)
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        let letter = try await Ropewalk.deadLetters(1, in: folder)[0]
        #expect(letter["code"] == "step.version.gone" && letter["pluginVersion"]?.string?.hasSuffix("0000") == true)
      }
    }
  }

  /// It is put on several lines to be edited; a destination of lines takes one.
  @Test func whatWasEditedIsOneLineAgain() async throws {
    try await Folder.with { folder in
      try folder.write("in.jsonl", "{\"tota\":1,\"price\":1.50,\"name\":\"a b\"}\n")
      try folder.write(
        "lines.yaml",
        Declaration.integration(
          "lines",
          customer: "acme",
          """
          incoming: { type: file, config: { path: ./in.jsonl } }
          filter:
            type: wasm
            inline: |
              export function process(order: Message): boolean {
                if (order.total === undefined) throw new Error("there is no total");
                return true;
              }
          outgoing: { type: file, config: { path: ./out.jsonl } }
          """
        )
      )
      #expect(try await Ropewalk.run("run", "--once", "lines.yaml", in: folder).exitCode == 76)
      let id = try #require(try await Ropewalk.deadLetters(1, in: folder).first?["id"]?.string)
      let editor = ["VISUAL": "", "EDITOR": "sed -i s/tota/total/"]
      let replayed = try await Ropewalk.run("dead-letters", "replay", id, "--edit", environment: editor, in: folder)
      #expect(replayed.exitCode == 0, "\(replayed.errors)")
      #expect(try await Ropewalk.run("run", "--once", "lines.yaml", in: folder).exitCode == 0)
      #expect(folder.lines(of: "out.jsonl") == [#"{"total":1,"price":1.50,"name":"a b"}"#])
    }
  }

  @Test func aPayloadThatIsGoneHarmsNoOtherLetter() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try writeOrders(folder, port: port)
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        let large = #"{"text":""# + String(repeating: "x", count: 300_000) + #""}"#
        #expect(try await post(large, port: port) == 202)
        #expect(try await post(#"{"tota":2}"#, port: port) == 202)
        _ = try await Ropewalk.deadLetters(2, in: folder)
        let payloads = folder.path + "/.ropewalk/journal/payloads"
        let file = try #require(try FileManager.default.contentsOfDirectory(atPath: payloads).first)
        try FileManager.default.removeItem(atPath: "\(payloads)/\(file)")

        let letters = try await Ropewalk.deadLetters(2, in: folder)
        let broken = try #require(letters.first { $0["damage"] != nil }?["id"]?.string)
        let shown = try await Ropewalk.run("dead-letters", "show", broken, in: folder)
        #expect(shown.output.contains("needs the file 'payloads/\(file)', which is gone"), "\(shown.output)")
        let replayed = try await Ropewalk.run("dead-letters", "replay", "--all", "--yes", in: folder)
        #expect(replayed.exitCode == 0 && replayed.output == "replayed 1\n", "\(replayed.output)")
        #expect(replayed.errors.contains("\(broken) stays open: its payload is gone"), "\(replayed.errors)")
        // What was replayed fails once more.
        _ = try await Ropewalk.deadLetters(2, in: folder)
        #expect(try await Ropewalk.run("dead-letters", "replay", broken, in: folder).exitCode == 66)
        let discarded = try await Ropewalk.run("dead-letters", "discard", broken, "--reason", "its payload is gone", in: folder)
        #expect(discarded.exitCode == 0, "\(discarded.errors)")
        let exported = try await Ropewalk.run("dead-letters", "export", "--payloads", "--state", "all", in: folder)
        #expect(exported.exitCode == 0 && exported.output.split(separator: "\n").count == 3, "\(exported.errors)")
      }
    }
  }

  @Test func exportsLinesWithoutSecretsAndPayloadsOnRequest() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try writeOrders(folder, port: port)
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        #expect(try await post(#"{"private":true}"#, port: port) == 202)
        _ = try await Ropewalk.deadLetters(1, in: folder)
      }
      let plain = try await Ropewalk.run("dead-letters", "export", in: folder)
      #expect(plain.exitCode == 0 && !plain.output.contains("private") && !plain.output.contains("very-secret"))
      #expect(plain.json["version"] == 2 && plain.json["payloadBytes"] == 16)
      let whole = try await Ropewalk.run("dead-letters", "export", "--payloads", in: folder)
      #expect(whole.json["payload"]?["text"] == #"{"private":true}"#)
      #expect(!whole.output.contains("very-secret"))
    }
  }

  @Test func saysWhatIsWrong() async throws {
    try await Folder.with { folder in
      let nothing = try await Ropewalk.run("dead-letters", "list", in: folder)
      #expect(nothing.exitCode == 66 && nothing.errors.contains("there is no journal"), "\(nothing.errors)")
      for (arguments, part) in [
        (["dead-letters", "replay"], "--all"), (["dead-letters", "replay", "X", "--all"], "not both"),
        (["dead-letters", "replay", "--all", "--edit"], "one letter"), (["dead-letters", "replay", "X", "--rate", "fast"], "fast"),
        (["dead-letters", "discard", "X"], "--reason"), (["dead-letters", "list", "--since", "soon"], "soon"),
      ] {
        let result = try await Ropewalk.run(arguments, in: folder)
        #expect(result.exitCode == 64 && result.errors.contains(part), "\(arguments): \(result.errors)")
      }
      let port = try FreePort.next()
      try writeOrders(folder, port: port)
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {}
      let unknown = try await Ropewalk.run("dead-letters", "show", "nobody", in: folder)
      #expect(unknown.exitCode == 66 && unknown.errors.contains("there is no dead letter 'nobody'"), "\(unknown.errors)")
      let empty = try await Ropewalk.run("dead-letters", "list", in: folder)
      #expect(empty.exitCode == 0 && empty.output.isEmpty && empty.errors.contains("there are no open dead letters"))
      let audit = try await Ropewalk.run("audit", in: folder)
      #expect(audit.output == "nothing was accepted yet\n")
    }
  }
}
