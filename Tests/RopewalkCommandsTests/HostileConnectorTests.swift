import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// Connectors that break the contract, under `ropewalk run` beside others that keep it: these are not harmed, and every
/// message has its one end.
@Suite(.takesTurns) struct HostileConnectorTests {
  private static let count = 5

  /// The same, to a file and to a program of `arguments`.
  private func orders(_ arguments: String, timeout: String, port: Int, in folder: Folder) -> String {
    Declaration.webhook(
      port: port,
      """
      outgoing:
        - { name: honest, type: file, config: { path: ./honest.txt } }
        - name: peer
          type: peer
          command: ["\(Connectors.peer)"\(arguments)]
          sandbox: { write: ./out }
          retry: { maxRetries: 0, timeout: \(timeout) }
          config: { journal: "\(folder.path)/out/peer.log" }
      """
    )
  }

  private func audit(in folder: Folder) async throws -> JSON {
    let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
    #expect(audit.exitCode == 0, "\(audit.errors)")
    return audit.json
  }

  private func count(_ key: String, in folder: Folder) async throws -> Int {
    try #require(try await audit(in: folder)["total"]?[key]?.int)
  }

  /// Those that never answer end among the dead letters after their one attempt; what the others had in their hands waits.
  @Test(arguments: [("malformed", false), ("unknownOutcome", false), ("neverAnswers", true), ("neverReads", true)])
  func aLiarThatIsSentTo(_ lie: String, isSilent: Bool) async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      let (port, count) = (try FreePort.next(), Self.count)
      try folder.write("orders.yaml", orders(", lie, \(lie)", timeout: isSilent ? "5s" : "2m", port: port, in: folder))
      try await Ropewalk.serving(["orders.yaml"], ports: [port], ending: .killed, in: folder) {
        for number in 0..<count { #expect(try await HTTP.post("{\"n\":\(number)}", to: "http://127.0.0.1:\(port)/").status == 202) }
        try await eventually("the honest one to have all") { try await self.count("delivered", in: folder) == count }
        if isSilent { _ = try await Ropewalk.deadLetters(count, in: folder) }
      }
      let total = try #require(try await audit(in: folder)["total"])
      #expect(total["accepted"]?.int == 2 * count && total["delivered"]?.int == count && total["balances"] == true, "\(total)")
      // The same connector, which keeps to the contract from now on, is sent what is left.
      try folder.write("orders.yaml", orders("", timeout: "2m", port: port, in: folder))
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        try await eventually("all to be settled") { try await self.count("inFlight", in: folder) == 0 }
      }
      let end = try #require(try await audit(in: folder)["total"])
      let sent = folder.lines(of: "out/peer.log").count { $0.hasPrefix("sent ") }
      let letters = try await Ropewalk.deadLetters(0, in: folder).count
      #expect(end["accepted"]?.int == 2 * count && end["delivered"]?.int == count + sent && end["balances"] == true, "\(end)")
      #expect(sent + letters == count && end["deadLettered"]?.int == letters, "\(end)")
      if isSilent { #expect(sent == 0) }
      #expect(folder.lines(of: "honest.txt").sorted() == (0..<count).map { "{\"n\":\($0)}" })
    }
  }

  /// What such a source sends before it breaks the contract may be taken; the other source's messages all are.
  @Test(arguments: ["gigabyte", "overflow", "flood", "disorder", "swelling"]) func aLiarThatIsReceivedFrom(_ lie: String) async throws {
    try await Folder.with { folder in
      try folder.write(
        "orders.yaml",
        """
        integration:
          id: orders
          customer: acme
          incoming:
            - { name: honest, type: generate, config: { count: 10, payload: "line {n}" } }
            - { name: peer, type: peer, command: ["\(Connectors.peer)", lie, \(lie)] }
          outgoing: { type: file, config: { path: ./out.txt } }
        """
      )
      try await Ropewalk.serving(["orders.yaml"], ports: [], in: folder) {
        try await eventually { folder.lines(of: "out.txt").count { $0.hasPrefix("line ") } == 10 }
        try await eventually { folder.lines(of: "standard-error.log").contains { $0.contains("does not keep to the contract") } }
      }
      let total = try #require(try await audit(in: folder)["total"])
      #expect(total["balances"] == true && total["inFlight"] == 0 && total["delivered"] == total["accepted"], "\(total)")
    }
  }

  /// A source that says that its messages are globex's, and one whose payloads are above the limit and come in chunks.
  @Test func sourcesThatClaimAnotherCustomerOrSendTooMuch() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      func source(_ name: String, count: Int, size: Int) -> String {
        """
            - name: \(name)
              type: peer
              command: ["\(Connectors.peer)"]
              sandbox: { write: ./out }
              config: { journal: "\(folder.path)/out/\(name).log", count: \(count), size: \(size) }
        """
      }
      try folder.write(
        "orders.yaml",
        """
        integration:
          id: orders
          customer: acme
          limits: { maxPayloadSize: 2Mi }
          incoming:
            - { name: honest, type: generate, config: { count: 10, payload: "line {n}" } }
        \(source("claims", count: 10, size: 10))
        \(source("oversized", count: 4, size: 3 << 20))
          outgoing: { type: file, config: { path: ./out.txt } }
        """
      )
      let result = try await Ropewalk.run("run", "--once", "orders.yaml", "--output", "json", in: folder)
      #expect(result.exitCode == 76, "\(result.errors)")
      #expect(result.json["accepted"] == 20 && result.json["delivered"] == 20 && result.json["refused"] == 4, "\(result.output)")
      let audit = try await audit(in: folder)
      #expect(audit["lines"]?.array?.map { $0["customer"] } == ["acme"] && audit["balances"] == true, "\(audit)")
      #expect(folder.lines(of: "out/claims.log").count { $0.hasPrefix("accepted ") } == 10)
      #expect(folder.lines(of: "out/oversized.log").count { $0.hasPrefix("refused ") } == 4)
      #expect(folder.lines(of: "out.txt").count == 20)
    }
  }
}
