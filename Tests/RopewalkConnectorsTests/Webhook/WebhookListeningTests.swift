import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct WebhookListeningTests {
  private static let request = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"

  private func configuration(_ settings: JSONObject) -> ConnectionConfiguration {
    ConnectionConfiguration(name: "orders", type: "http-webhook", settings: WebhookFixture.settings(settings))
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
    let port = try FreePort.next()
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
      try await eventually { await first.health() == .healthy }
      try await eventually { await second.health() == .healthy }
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
      try await eventually { await connector.health() == .healthy }
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
          // The answer says so where this connection was told before the inbox answered; in any case it ends.
          #expect(["close", nil].contains(answer?.headers["connection"]))
          #expect(await connection.untilClosed().isEmpty)
        }
      }
      try await group.waitForAll()
    }
    #expect(inbox.messages.count == 1)
    await #expect(throws: (any Error).self) { try await RawConnection.with(address) { (_: RawConnection) in } }
  }

  @Test func aHeldListenerStaysOpenForTheNextConnector() async throws {
    let registry = ListenerRegistry(group: WebhookFixture.group)
    let first = WebhookConnector(registry: registry)
    // A port that is free just now, because one that the system chooses is never shared.
    let probe = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    try await probe.connect(configuration(JSONObject()))
    let address = try #require(probe.boundAddress)
    await probe.disconnect()
    let settings: JSONObject = ["listen": .string("\(address)")]
    try await first.connect(configuration(settings))
    let inbox = CollectingInbox()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await first.receive(into: inbox.inbox) }
      try await eventually { await first.health() == .healthy }
      try await RawConnection.with(address) { connection in
        try await connection.send(Self.request)
        #expect(try await connection.answer()?.status == 202)
        registry.hold()
        await first.disconnect()
        try await group.waitForAll()
        // The same connection is still open, and is asked to come again.
        try await connection.send(Self.request)
        let between = try await connection.answer()
        #expect(between?.status == 503)
        #expect(between?.headers["retry-after"] != nil)
        let second = WebhookConnector(registry: registry)
        try await second.connect(configuration(settings))
        await registry.release()
        group.addTask { try await second.receive(into: inbox.inbox) }
        try await eventually { await second.health() == .healthy }
        try await connection.send(Self.request)
        #expect(try await connection.answer()?.status == 202)
        await second.disconnect()
      }
      try await group.waitForAll()
    }
    #expect(inbox.messages.count == 2)
    await #expect(throws: (any Error).self) { try await RawConnection.with(address) { (_: RawConnection) in } }
  }

  @Test func whatNobodyTakesOverIsClosedWhenTheHoldEnds() async throws {
    let registry = ListenerRegistry(group: WebhookFixture.group)
    let probe = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    try await probe.connect(configuration(JSONObject()))
    let address = try #require(probe.boundAddress)
    await probe.disconnect()
    let connector = WebhookConnector(registry: registry)
    try await connector.connect(configuration(["listen": .string("\(address)")]))
    registry.hold()
    await connector.disconnect()
    try await RawConnection.with(address) { connection in
      try await connection.send(Self.request)
      #expect(try await connection.answer()?.status == 503)
    }
    // Another one with other settings for the address can take its place meanwhile.
    let other = WebhookConnector(registry: registry)
    try await other.connect(configuration(["listen": .string("\(address)"), "idleTimeout": "7s"]))
    await other.disconnect()
    await registry.release()
    await #expect(throws: (any Error).self) { try await RawConnection.with(address) { (_: RawConnection) in } }
  }

  @Test func stopsAtOnceWhenCancelled() async throws {
    let connector = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    try await connector.connect(configuration(JSONObject()))
    let address = try #require(connector.boundAddress)
    let inbox = CollectingInbox()
    let receiving = Task { try await connector.receive(into: inbox.inbox) }
    try await eventually { await connector.health() == .healthy }
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

  @Test func stopsInBoundedTimeWhereTheInboxDoesNotAnswer() async throws {
    let registry = ListenerRegistry(group: WebhookFixture.group, drainTimeout: .milliseconds(50))
    let connector = WebhookConnector(registry: registry)
    try await connector.connect(configuration(JSONObject()))
    let address = try #require(connector.boundAddress)
    let arrived = OneShot<Void>()
    let inbox = CollectingInbox { _, _ in
      arrived.fulfil(())
      try? await Task.sleep(for: .seconds(3600))
      return .refused(Refusal(.unavailable, "stopping"))
    }
    let receiving = Task { try await connector.receive(into: inbox.inbox) }
    try await eventually { await connector.health() == .healthy }
    try await RawConnection.with(address) { connection in
      try await connection.send(Self.request)
      await arrived.wait()
      await connector.disconnect()
      let answer = try? await connection.answer()
      #expect(answer == nil)
    }
    try await receiving.value
    #expect(inbox.messages.isEmpty)
  }
}
