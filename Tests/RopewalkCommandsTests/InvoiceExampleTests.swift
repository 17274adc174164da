import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct InvoiceExampleTests {
  /// The example as it stands, on free ports.
  private func withExample(_ body: (Folder, _ url: String) async throws -> Void) async throws {
    try await Folder.with { folder in
      let (webhook, sink) = (try FreePort.next(), try FreePort.next())
      for name in ["integration.yaml", "sink.yaml", "invoice.ts", "ubl.ts"] {
        let text = try Project.file("Examples/invoice-sync/\(name)")
          .replacing("127.0.0.1:8080", with: "127.0.0.1:\(webhook)").replacing("127.0.0.1:8081", with: "127.0.0.1:\(sink)")
        try folder.write(name, text)
      }
      try await Ropewalk.serving(["integration.yaml", "sink.yaml"], options: ["--journal", "memory"], ports: [webhook, sink], in: folder) {
        try await body(folder, "http://127.0.0.1:\(webhook)/webhooks/invoices")
      }
    }
  }

  private let headers = ["X-Customer-ID": "acme", "Content-Type": "application/xml"]

  @Test func deliversTheExamplesOwnInvoice() async throws {
    try await withExample { folder, url in
      let invoice = try Project.file("Examples/invoice-sync/invoice.xml")
      #expect(try await HTTP.post(invoice, to: url, headers: headers).status == 202)
      let orders = try await folder.waitForLines(1, in: "orders.jsonl")
      let order = try JSON.parse(orders[0])
      #expect(order["id"] == "2026-1042")
      #expect(order["total"] == 1850)
      #expect(order["supplier"] == "Hempworks Rope & Twine Ltd")
      #expect(order["lines"]?.array?.count == 2)
    }
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is not installed"))
  func takesWhatTheScriptSaysToPost() async throws {
    try await withExample { folder, url in
      let script = try Project.file("scripts/run-example")
      let start = try #require(script.range(of: "curl -i "))
      let end = try #require(script.range(of: "\n\n", range: start.lowerBound..<script.endIndex))
      let command = script[start.lowerBound..<end.lowerBound].replacing("\\\\\n", with: "")
        .replacing("$example", with: Project.root.path + "/Examples/invoice-sync")
      #expect(command.contains("http://127.0.0.1:8080/webhooks/invoices "))
      // From now on it is not answered with 503.
      #expect(try await HTTP.post(Project.file("Examples/invoice-sync/invoice.xml"), to: url, headers: headers).status == 202)
      let local = command.replacing("http://127.0.0.1:8080/webhooks/invoices", with: url)
      let posted = try await Ropewalk.run(["-c", "exec \(local)"], of: "/bin/sh", in: folder)
      #expect(posted.exitCode == 0 && posted.output.hasPrefix("HTTP/1.1 202 "), "\(posted.output)\(posted.errors)")
      _ = try await folder.waitForLines(2, in: "orders.jsonl")
    }
  }

  @Test func refusesAMessageThatNamesNoCustomer() async throws {
    try await withExample { _, url in
      let answer = try await HTTP.post("<Invoice/>", to: url)
      #expect(answer.status == 400)
      #expect(answer.body.contains("X-Customer-ID"))
    }
  }

  @Test func putsWhatIsNoInvoiceAmongTheDeadLettersAndGoesOn() async throws {
    try await withExample { folder, url in
      let entities = """
        <?xml version="1.0"?><!DOCTYPE Invoice [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Invoice>&b;</Invoice>
        """
      for bad in ["<Order/>", "not xml at all", entities, "{}"] {
        #expect(try await HTTP.post(bad, to: url, headers: headers).status == 202)
      }
      #expect(try await HTTP.post([0xFF, 0xFE, 0x00], to: url, headers: headers).status == 202)
      let letters = try await folder.waitForLines(5, in: ".ropewalk/dead-letters.jsonl").map { try JSON.parse($0) }
      #expect(letters.allSatisfy { $0["stage"] == "converter-1" })
      #expect(letters.contains { $0["guestCode"] == "NOT_UBL" })
      #expect(try await HTTP.post(Project.file("Examples/invoice-sync/invoice.xml"), to: url, headers: headers).status == 202)
      _ = try await folder.waitForLines(1, in: "orders.jsonl")
    }
  }

  @Test(.enabled(if: Project.inputs("peppol-invoices") != nil, "the Peppol invoices are not beside this checkout"))
  func deliversThePeppolInvoicesAboveAThousand() async throws {
    let page = try Project.file("docs/results.md")
    let expected = page.split(separator: "\n").filter { $0.hasPrefix("{") }.map(String.init)
    try await withExample { folder, url in
      let files = try Project.files(in: try #require(Project.inputs("peppol-invoices")))
      #expect(files.count == expected.count)
      for file in files {
        #expect(page.contains("`\(file.lastPathComponent)`, delivered:"))
        #expect(try await HTTP.post(Array(Data(contentsOf: file)), to: url, headers: headers).status == 202)
      }
      let orders = try await folder.waitForLines(files.count, in: "orders.jsonl")
      #expect(orders.sorted() == expected.sorted())
    }
  }
}
