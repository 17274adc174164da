import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct RunCommandTests {
  @Test(.enabled(if: Project.inputs("nmea0183") != nil, "the NMEA log is not beside this checkout"))
  func runsAFiniteSourceToItsEnd() async throws {
    try await Folder.with { folder in
      let log = try #require(Project.inputs("nmea0183")).appendingPathComponent("n2kd-183-merrimac.log")
      let sentences = String(decoding: try Data(contentsOf: log), as: UTF8.self).split(whereSeparator: \.isNewline)
      try folder.write(
        "nmea.yaml",
        Declaration.integration(
          "nmea",
          customer: "merrimac",
          """
          incoming: { type: file, config: { path: "\(log.path)" } }
          filter:
            type: wasm
            inline: |
              export function process(sentence: Message): boolean {
                return typeof sentence === "string" && sentence.includes("RMC");
              }
          outgoing: { type: file, config: { path: ./positions.txt } }
          """
        )
      )
      let result = try await Ropewalk.run("run", "--once", "nmea.yaml", "--output", "json", in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      let expected = sentences.filter { $0.contains("RMC") }.map(String.init)
      #expect(folder.lines(of: "positions.txt").map { $0.trimmingCharacters(in: .newlines) } == expected)
      let counts = try JSON.parse(result.output)
      #expect(counts["accepted"]?.int == sentences.count)
      #expect(counts["delivered"]?.int == expected.count)
      #expect(counts["filtered"]?.int == sentences.count - expected.count)
      #expect(counts["inFlight"] == 0)
    }
  }

  /// A script that starts it hears of what did not come through.
  @Test func aFiniteSourceThatDidNotComeThroughWholeEndsWith76() async throws {
    try await Folder.with { folder in
      try folder.write("in.txt", "good\nbad\n" + String(repeating: "long", count: 100) + "\n")
      try folder.write(
        "lines.yaml",
        Declaration.integration(
          "lines",
          customer: "acme",
          """
          incoming: { type: file, config: { path: ./in.txt, maxSize: 100 } }
          filter:
            type: wasm
            inline: |
              export function process(line: Message): boolean {
                if (line === "bad") throw new Error("it is bad");
                return true;
              }
          outgoing: { type: file, config: { path: ./out.txt } }
          """
        )
      )
      let result = try await Ropewalk.run("run", "--once", "lines.yaml", "--output", "json", "--data-dir", "my data", in: folder)
      #expect(result.exitCode == 76, "\(result.errors)")
      #expect(folder.lines(of: "out.txt") == ["good"])
      for (name, count) in ["accepted": 2, "delivered": 1, "deadLettered": 1, "refused": 1, "invalid": 1] {
        #expect(result.json[name]?.int == count, "\(name) in \(result.output)")
      }
      #expect(result.errors.contains("1 failed: see ropewalk dead-letters list --data-dir 'my data'"), "\(result.errors)")
      #expect(result.errors.contains("1 could not be taken at all"), "\(result.errors)")
      // The letter is of an earlier run, and this one has nothing to do.
      try folder.write("in.txt", "")
      #expect(try await Ropewalk.run("run", "--once", "lines.yaml", "--data-dir", "my data", in: folder).exitCode == 0)
    }
  }

  @Test func whatWaitsForAnIntegrationThatDoesNotRunIsSaid() async throws {
    try await Folder.with { folder in
      let (port, closed) = (try FreePort.next(), try FreePort.next())
      let outgoing = "limits: { drainTimeout: 100ms }\noutgoing: { type: http, config: { url: \"http://127.0.0.1:\(closed)/\" } }"
      try folder.write("waits.yaml", Declaration.webhook("waits", port: port, outgoing))
      try await Ropewalk.serving(["waits.yaml"], ports: [port], in: folder) {
        for _ in 0..<3 {
          let status = try await HTTP.post("{}", to: "http://127.0.0.1:\(port)/").status
          #expect(status == 202)
        }
      }
      let file = "incoming: { type: generate, config: { count: 1 } }\noutgoing: { type: file, config: { path: ./out.txt } }"
      try folder.write("other.yaml", Declaration.integration("other", customer: "acme", file))
      let result = try await Ropewalk.run("run", "--once", "other.yaml", in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      let line = result.errors.split(separator: "\n").first { $0.contains("an integration that does not run here") }
      #expect(line?.contains("count=3") == true && line?.contains("ropewalk.integration=waits") == true, "\(result.errors)")
    }
  }

  @Test func saysWhichPortIsInUse() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      let file = Declaration.integration(
        "busy",
        """
        incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: / } }
        outgoing: { type: file, config: { path: ./out.txt } }
        """
      )
      try folder.write("busy.yaml", file)
      try await Ropewalk.serving(["busy.yaml"], ports: [port], in: folder) {
        let second = try await Ropewalk.run("run", "busy.yaml", "--data-dir", "other", in: folder)
        #expect(second.exitCode == 69)
        #expect(second.errors.contains("127.0.0.1:\(port)"), "\(second.errors)")
      }
    }
  }

  @Test func survivesPayloadsOfEveryKind() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try folder.write(
        "any.yaml",
        Declaration.integration(
          "any",
          customer: "{ header: X-Customer-ID }",
          """
          incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: /, maxBodySize: 2Mi } }
          filter: { type: wasm, inline: "export function process(message) { return message.wanted === true; }" }
          outgoing: { type: file, config: { path: ./out.txt } }
          """
        )
      )
      let url = "http://127.0.0.1:\(port)/"
      let headers = ["X-Customer-ID": "acme", "Content-Type": "application/json"]
      try await Ropewalk.serving(["any.yaml"], ports: [port], in: folder) {
        #expect(try await HTTP.post([UInt8](repeating: 0x20, count: 64 << 20), to: url, headers: headers).status == 413)
        let notJSON = "SyntaxError: the payload is not JSON, though its content type says so: line 1, column"
        let payloads: [(bytes: [UInt8], code: String, message: String)] = [
          ([], "step.rejected", "\(notJSON) 1"),
          ([0xFF], "step.rejected", "\(notJSON) 1"),
          (Array("{".utf8), "step.rejected", "\(notJSON) 2"),
          (Array("null".utf8), "step.rejected", "TypeError: cannot read property 'wanted' of null at any.yaml:7:76"),
          (
            [UInt8](repeating: 0x5B, count: 1 << 20), "step.rejected", "RangeError: the payload's JSON is nested too deeply"
          ),
        ]
        for payload in payloads {
          #expect(try await HTTP.post(payload.bytes, to: url, headers: headers).status == 202)
        }
        #expect(try await HTTP.post(#"{"wanted":true}"#, to: url, headers: headers).status == 202)
        let delivered = try await folder.waitForLines(1, in: "out.txt")
        #expect(delivered == [#"{"wanted":true}"#])
        // One customer's messages go through a step in order, so the letters are in that of the payloads.
        let letters = try await Ropewalk.deadLetters(payloads.count, in: folder)
        #expect(letters.map { $0["payloadBytes"]?.int } == payloads.map(\.bytes.count))
        #expect(letters.map { $0["stage"]?.string } == payloads.map { _ in "filter-1" })
        #expect(letters.map { $0["code"]?.string } == payloads.map(\.code))
        #expect(letters.map { $0["message"]?.string } == payloads.map(\.message))
      }
    }
  }

  @Test func aPayloadThatAStepsMemoryDoesNotHoldFailsAlone() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try folder.write(
        "large.yaml",
        Declaration.integration(
          "large",
          """
          incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: /, maxBodySize: 100Mi } }
          filter: { type: wasm, inline: "export function process(message) { return message.wanted === true; }" }
          outgoing: { type: file, config: { path: ./out.txt } }
          limits: { maxPayloadSize: 100Mi }
          """
        )
      )
      let url = "http://127.0.0.1:\(port)/"
      try await Ropewalk.serving(["large.yaml"], ports: [port], in: folder) {
        let wanted = Array(#"{"wanted":true}"#.utf8)
        let large = wanted + [UInt8](repeating: 0x20, count: 64 << 20)
        for payload in [large, wanted] { #expect(try await HTTP.post(payload, to: url).status == 202) }
        #expect(try await folder.waitForLines(1, in: "out.txt") == [#"{"wanted":true}"#])
        let letter = try #require(try await Ropewalk.deadLetters(1, in: folder).first)
        #expect(letter["stage"] == "filter-1" && letter["code"] == "step.memory-limit")
        #expect(letter["message"] == "the script needs more memory than the step's memoryLimit")
        #expect(letter["payloadBytes"]?.int == large.count)
      }
    }
  }

  @Test func keepsOneCustomersLoopFromAnothersMessages() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try folder.write(
        "loop.yaml",
        Declaration.integration(
          "loop",
          customer: "{ header: X-Customer-ID }",
          """
          incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: / } }
          filter:
            type: wasm
            inline: "export function process(message) { while (message.loop) {} return message; }"
            config: { timeout: 8s }
          outgoing: { type: file, config: { path: ./out.txt } }
          """
        )
      )
      let url = "http://127.0.0.1:\(port)/"
      try await Ropewalk.serving(["loop.yaml"], options: ["--journal", "memory"], ports: [port], in: folder) {
        for hostile in 0..<4 {
          #expect(try await HTTP.post(#"{"loop":true}"#, to: url, headers: ["X-Customer-ID": "hostile-\(hostile)"]).status == 202)
        }
        for number in 0..<20 {
          #expect(try await HTTP.post("{\"n\":\(number)}", to: url, headers: ["X-Customer-ID": "good"]).status == 202)
        }
        _ = try await folder.waitForLines(20, in: "out.txt")
        // The good customer was served while the loops were still running.
        #expect(folder.lines(of: ".ropewalk/dead-letters.jsonl").isEmpty)
        let letters = try await folder.waitForLines(4, in: ".ropewalk/dead-letters.jsonl", limit: .seconds(120)).map { try JSON.parse($0) }
        #expect(letters.allSatisfy { $0["code"] == "step.timeout" })
      }
    }
  }
}
