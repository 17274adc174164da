import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct WebhookConnectionTests {
  private static let request = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"

  @Test func cutsOffASlowHeader() async throws {
    try await WebhookFixture.with(["headerTimeout": "4s"], inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send("POST /orders HT")
        let answer = try await connection.answer()
        #expect(answer?.status == 408)
        #expect(answer?.headers["connection"] == "close")
        #expect(await connection.untilClosed().isEmpty)
      }
    }
  }

  @Test func cutsOffASlowHeaderOfALaterRequest() async throws {
    try await WebhookFixture.with(["headerTimeout": "4s"], inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send(Self.request)
        #expect(try await connection.answer()?.status == 202)
        try await connection.send("P")
        #expect(try await connection.answer()?.status == 408)
      }
    }
  }

  @Test func cutsOffASlowBody() async throws {
    let inbox = CollectingInbox()
    try await WebhookFixture.with(["bodyTimeout": "60ms"], inbox: inbox) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{")
        #expect(try await connection.answer()?.status == 408)
        #expect(await connection.untilClosed().isEmpty)
      }
    }
    #expect(inbox.messages.isEmpty)
  }

  @Test func closesIdleConnectionsWithoutAWord() async throws {
    try await WebhookFixture.with(["idleTimeout": "4s", "headerTimeout": "4s"], inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in #expect(await connection.untilClosed().isEmpty) }
      try await RawConnection.with(address) { connection in
        try await connection.send(Self.request)
        #expect(try await connection.answer()?.status == 202)
        #expect(await connection.untilClosed().isEmpty)
      }
    }
  }

  @Test func doesNotCountTheInboxesTimeAgainstTheClient() async throws {
    let inbox = CollectingInbox { _, _ in
      try? await Task.sleep(for: .seconds(6))
      return nil
    }
    try await WebhookFixture.with(["idleTimeout": "4s", "headerTimeout": "4s", "bodyTimeout": "4s"], inbox: inbox) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send(Self.request)
        #expect(try await connection.answer()?.status == 202)
      }
    }
  }

  @Test func turnsAwayMoreConnectionsThanAllowed() async throws {
    try await WebhookFixture.with(["maxConnections": 1], inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { first in
        try await first.send(Self.request)
        #expect(try await first.answer()?.status == 202)
        try await RawConnection.with(address) { second in
          let answer = try await second.answer()
          #expect(answer?.status == 503)
          #expect(await second.untilClosed().isEmpty)
        }
        try await first.send(Self.request)
        #expect(try await first.answer()?.status == 202)
      }
    }
  }

  @Test func servesManyConnectionsAtOnce() async throws {
    let inbox = CollectingInbox()
    try await WebhookFixture.with(inbox: inbox) { address in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<50 {
          group.addTask {
            try await RawConnection.with(address) { connection in
              for _ in 0..<20 {
                try await connection.send(Self.request)
                #expect(try await connection.answer()?.status == 202)
              }
            }
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(inbox.messages.count == 1000)
  }

  @Test func speaksTLS() async throws {
    try await TestCertificate.with { certificate in
      let tls: JSONObject = ["tls": ["certificate": .string(certificate.certificate), "key": .string(certificate.key)]]
      let inbox = CollectingInbox()
      try await WebhookFixture.with(tls, inbox: inbox) { address in
        try await RawConnection.with(address, tls: certificate.client) { connection in
          try await connection.send(Self.request)
          #expect(try await connection.answer()?.status == 202)
        }
        // Plain HTTP at the TLS port is cut off and harms nobody.
        try await RawConnection.with(address) { connection in
          try await connection.send(Self.request)
          #expect(try await connection.answer() == nil)
        }
        try await RawConnection.with(address, tls: certificate.client) { connection in
          try await connection.send("POST /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
          #expect(try await connection.answer()?.status == 202)
          #expect(await connection.untilClosed().isEmpty)
        }
      }
      #expect(inbox.messages.count == 2)
    }
  }

  @Test func checksSignatures() async throws {
    let settings: JSONObject = ["signature": ["scheme": "github", "secret": "It's a Secret to Everybody"]]
    let inbox = CollectingInbox()
    try await WebhookFixture.with(settings, inbox: inbox) { address in
      try await RawConnection.with(address) { connection in
        for (signature, status) in [(SignatureTests.githubSignature, 202), ("sha256=00", 401)] {
          let headers = "Host: a\r\nX-GitHub-Delivery: d-1\r\nX-Hub-Signature-256: \(signature)\r\nContent-Length: 13"
          try await connection.send("POST /orders HTTP/1.1\r\n\(headers)\r\n\r\nHello, World!")
          #expect(try await connection.answer()?.status == status)
        }
        try await connection.send(Self.request)
        let answer = try await connection.answer()
        #expect(answer?.status == 401)
        #expect(answer?.body.contains("X-Hub-Signature-256 is missing") == true)
      }
    }
    #expect(inbox.messages.map(\.id) == ["d-1"])
  }
}
