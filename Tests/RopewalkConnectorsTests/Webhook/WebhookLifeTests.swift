import NIOPosix
import RopewalkConnector
import RopewalkCore
import Testing

@testable import RopewalkConnectors

@Suite struct WebhookLifeTests {
  private static let request = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"

  private func configuration(_ settings: JSONObject) -> ConnectionConfiguration {
    ConnectionConfiguration(name: "orders", type: "http-webhook", settings: WebhookFixture.settings(settings))
  }

  @Test func cutsOffASlowHeader() async throws {
    try await WebhookFixture.with(["headerTimeout": "60ms"], inbox: CollectingInbox()) { address in
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
    try await WebhookFixture.with(["headerTimeout": "1500ms"], inbox: CollectingInbox()) { address in
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
    try await WebhookFixture.with(["idleTimeout": "1500ms", "headerTimeout": "1500ms"], inbox: CollectingInbox()) { address in
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
      try? await Task.sleep(for: .milliseconds(2500))
      return nil
    }
    try await WebhookFixture.with(["idleTimeout": "1500ms", "headerTimeout": "1500ms", "bodyTimeout": "1500ms"], inbox: inbox) { address in
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

  @Test func namesTheRemedyWhenThePortIsInUse() async throws {
    try await TestSink.with { _, port in
      let connector = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
      let error = await #expect(throws: ConnectionError.self) {
        try await connector.connect(configuration(["listen": .string("127.0.0.1:\(port)")]))
      }
      #expect(error?.code == .connectionFailed)
      #expect(error?.message.contains("127.0.0.1:\(port): the port is in use") == true)
      #expect(connector.boundAddress == nil)
    }
  }

  @Test func namesTheRemedyWhenTheAddressIsNotOurs() async throws {
    let connector = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    let error = await #expect(throws: ConnectionError.self) { try await connector.connect(configuration(["listen": "192.0.2.1:0"])) }
    #expect(error?.message.contains("no network interface") == true)
  }

  @Test func sharesAListener() async throws {
    let registry = ListenerRegistry(group: WebhookFixture.group)
    // A port that was free a moment ago.
    let port = try await TestSink.with { _, port in port }
    let listen: JSON = .string("127.0.0.1:\(port)")
    let first = WebhookConnector(registry: registry)
    let second = WebhookConnector(registry: registry)
    try await first.connect(configuration(["listen": listen]))
    try await second.connect(configuration(["listen": listen, "endpoint": "/:customer/invoices"]))
    let same = await #expect(throws: ConnectionError.self) {
      try await WebhookConnector(registry: registry).connect(configuration(["listen": listen, "endpoint": "/:other/invoices"]))
    }
    #expect(same?.message.contains("another connector takes the path") == true)
    let different = await #expect(throws: ConnectionError.self) {
      try await WebhookConnector(registry: registry).connect(configuration(["listen": listen, "endpoint": "/x", "idleTimeout": "1s"]))
    }
    #expect(different?.message.contains("other settings") == true)

    let (firstInbox, secondInbox) = (CollectingInbox(), CollectingInbox())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await first.receive(into: firstInbox.inbox) }
      group.addTask { try await second.receive(into: secondInbox.inbox) }
      while await first.health() != .healthy { await Task.yield() }
      while await second.health() != .healthy { await Task.yield() }
      try await RawConnection.with(ListenAddress(host: "127.0.0.1", port: port)) { connection in
        for path in ["/orders", "/acme/invoices", "/orders"] {
          try await connection.send(Self.request.replacing("/orders", with: path))
          #expect(try await connection.answer()?.status == 202)
        }
        await first.disconnect()
        for (path, status) in [("/orders", 404), ("/acme/invoices", 202)] {
          try await connection.send(Self.request.replacing("/orders", with: path))
          #expect(try await connection.answer()?.status == status)
        }
      }
      await second.disconnect()
      try await group.waitForAll()
    }
    #expect(firstInbox.messages.count == 2)
    #expect(secondInbox.messages.count == 2)
    // The address is free again.
    let third = WebhookConnector(registry: registry)
    try await third.connect(configuration(["listen": listen, "idleTimeout": "1s"]))
    await third.disconnect()
  }

  @Test func finishesRequestsUnderWayBeforeItStops() async throws {
    let registry = ListenerRegistry(group: WebhookFixture.group)
    let connector = WebhookConnector(registry: registry)
    try await connector.connect(configuration(JSONObject()))
    let address = try #require(connector.boundAddress)
    let arrived = OneShot<Void>()
    let release = OneShot<Void>()
    let inbox = CollectingInbox { _, _ in
      arrived.fulfil(())
      await release.wait()
      return nil
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await connector.receive(into: inbox.inbox) }
      while await connector.health() != .healthy { await Task.yield() }
      try await RawConnection.with(address) { connection in
        try await RawConnection.with(address) { idle in
          try await connection.send(Self.request)
          await arrived.wait()
          group.addTask { await connector.disconnect() }
          // Idle connections are closed at once, which also shows that stopping has begun.
          #expect(await idle.untilClosed().isEmpty)
          release.fulfil(())
          let answer = try await connection.answer()
          #expect(answer?.status == 202)
          #expect(answer?.headers["connection"] == "close")
        }
      }
      try await group.waitForAll()
    }
    #expect(inbox.messages.count == 1)
    await #expect(throws: (any Error).self) { try await RawConnection.with(address) { (_: RawConnection) in } }
  }

  @Test func stopsAtOnceWhenCancelled() async throws {
    let connector = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    try await connector.connect(configuration(JSONObject()))
    let address = try #require(connector.boundAddress)
    let inbox = CollectingInbox()
    let receiving = Task { try await connector.receive(into: inbox.inbox) }
    while await connector.health() != .healthy { await Task.yield() }
    try await RawConnection.with(address) { connection in
      try await connection.send(Self.request)
      #expect(try await connection.answer()?.status == 202)
      receiving.cancel()
      try await receiving.value
      try await connection.send(Self.request)
      #expect(try await connection.answer()?.status == 503)
    }
    await connector.disconnect()
    await connector.disconnect()
  }

  @Test func failsWithoutItsCertificateFiles() async throws {
    let connector = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    let error = await #expect(throws: ConnectionError.self) {
      try await connector.connect(configuration(["tls": ["certificate": "/nowhere.pem", "key": "/nowhere.key"]]))
    }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("/nowhere.pem") == true)
  }

  @Test func saysEverythingThatIsWrongWithItsSettings() async {
    let settings: JSONObject = [
      "listen": "8080", "endpiont": "/a", "methods": [], "maxBodySize": "1 MB", "tls": ["certificate": "a"],
      "signature": ["scheme": "githup", "tolerance": "0s"], "maxConnections": "many", "bodyTimeout": 5,
    ]
    let connector = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    let problems = await connector.validate(ConnectionConfiguration(name: "a", type: "http-webhook", settings: settings))
    #expect(
      Set(problems.map { $0.path.joined(separator: ".") }) == [
        "listen", "endpiont", "endpoint", "methods", "maxBodySize", "tls.key", "signature.scheme", "signature.secret",
        "signature.tolerance",
        "maxConnections", "bodyTimeout",
      ]
    )
    #expect(problems.first { $0.path == ["endpiont"] }?.remedy.hasPrefix("did you mean 'endpoint'?") == true)
    #expect(problems.first { $0.path == ["signature", "scheme"] }?.remedy.hasPrefix("did you mean 'github'?") == true)
  }

  @Test(arguments: ["orders", "/a?b", "/a b", "/:", "/:a/:A", ""])
  func refusesEndpoints(endpoint: String) {
    #expect(WebhookSettings.read(["endpoint": .string(endpoint)]).problems.map(\.path) == [["endpoint"]])
  }

  @Test(
    arguments: [
      ("/a", "/a", []), ("/", "/", []), ("/:x", "/b", ["b"]), ("/:x", "/", nil), ("/:x", "/b/c", nil),
      ("/a/:x/c/:y", "/a/1/c/2", ["1", "2"]),
      ("/a/:x", "/a/%41%2F", ["A/"]), ("/a/:x", "/a/%zz", nil), ("/a/:x", "/a/%0d%0a", nil), ("/a/", "/a/", []), ("/a/", "/a", nil),
    ] as [(String, String, [String]?)]
  )
  func matchesPaths(pattern: String, path: String, captures: [String]?) throws {
    #expect(try EndpointPath(parsing: pattern).captures(in: path[...])?.map(\.value) == captures)
  }
}
