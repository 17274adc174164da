import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct WebhookTests {
  private func post(_ path: String = "/orders", headers: [String] = [], body: String = "{}") -> String {
    (["POST \(path) HTTP/1.1", "Host: test", "Content-Length: \(body.utf8.count)"] + headers).joined(separator: "\r\n") + "\r\n\r\n" + body
  }

  private func answer(
    _ request: String,
    settings: JSONObject = JSONObject(),
    inbox: CollectingInbox = CollectingInbox()
  ) async throws -> RawAnswer? {
    try await WebhookFixture.with(settings, inbox: inbox) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send(request)
        return try await connection.answer()
      }
    }
  }

  @Test func turnsARequestIntoAMessage() async throws {
    let inbox = CollectingInbox()
    let trace = "0af7651916cd43dd8448eb211c80319c"
    let request = post(
      headers: [
        "Content-Type: application/json", "Idempotency-Key: order-1", "X-Correlation-ID: c-7", "X-Customer-ID: acme",
        "traceparent: 00-\(trace)-b7ad6b7169203331-01", "Authorization: Bearer hush", "Cookie: a=b", "Ropewalk-Path-Customer: forged",
      ],
      body: #"{"amount":1}"#
    )
    let answer = try await answer(request, inbox: inbox)
    #expect(answer?.status == 202)
    #expect(answer?.body == #"{"id":"order-1"}"#)
    #expect(answer?.headers["content-type"] == "application/json")
    let message = try #require(inbox.messages.first)
    #expect(message.id == "order-1")
    #expect(String(decoding: message.payload, as: UTF8.self) == #"{"amount":1}"#)
    #expect(message.contentType == "application/json")
    #expect(message.metadata == MessageMetadata(source: "orders", correlationID: "c-7", traceID: trace))
    #expect(message.headers["x-customer-id"] == "acme")
    for name in ["authorization", "cookie", "host", "content-length", "ropewalk-path-customer"] { #expect(message.headers[name] == nil) }
  }

  @Test func namesTheMessageWhereTheSenderDoesNot() async throws {
    let inbox = CollectingInbox()
    let answer = try await answer(post(), inbox: inbox)
    let message = try #require(inbox.messages.first)
    #expect(message.id.utf8.count == 26)
    #expect(message.metadata.correlationID == message.id)
    #expect(answer?.body == "{\"id\":\"\(message.id)\"}")
  }

  @Test func saysWhenItHadTheMessageAlready() async throws {
    let inbox = CollectingInbox()
    try await WebhookFixture.with(inbox: inbox) { address in
      try await RawConnection.with(address) { connection in
        for expected in [#"{"id":"a"}"#, #"{"id":"a","duplicate":true}"#] {
          try await connection.send(post(headers: ["Idempotency-Key: a"]))
          #expect(try await connection.answer()?.body == expected)
        }
      }
    }
    #expect(inbox.messages.count == 1)
  }

  @Test func takesTheCustomerFromThePath() async throws {
    let inbox = CollectingInbox()
    let answer = try await answer(post("/hooks/acme%20corp/orders?x=1"), settings: ["endpoint": "/hooks/:customer/orders"], inbox: inbox)
    #expect(answer?.status == 202)
    #expect(inbox.messages.first?.headers["ropewalk-path-customer"] == "acme corp")
  }

  @Test(arguments: [
    ("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404, "webhook.not-found"),
    ("POST http://a/nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 404, "webhook.not-found"),
    ("GET http://a/orders?x=/ HTTP/1.1\r\nHost: a\r\n\r\n", 405, "webhook.method-not-allowed"),
    ("POST /orders HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}", 400, "webhook.invalid"),
    ("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 404, "webhook.not-found"),
    ("POST /orders/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 404, "webhook.not-found"),
    ("GET /orders HTTP/1.1\r\nHost: a\r\n\r\n", 405, "webhook.method-not-allowed"),
    ("POST /orders HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400, "webhook.invalid"),
    ("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n" + String(repeating: "x", count: 40), 413, "webhook.too-large"),
    ("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n", 413, "webhook.too-large"),
    (
      "POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n01234567890123456789\r\n14\r\n01234567890123456789\r\n0\r\n\r\n",
      413, "webhook.too-large"
    ),
    ("POST /orders HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n", 413, "webhook.too-large"),
    ("POST /orders HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \r\nContent-Length: 2\r\n\r\n{}", 400, "webhook.invalid"),
    (
      "POST /orders HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \(String(repeating: "k", count: 257))\r\nContent-Length: 2\r\n\r\n{}", 400,
      "webhook.invalid"
    ),
    ("POST /orders HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "k", count: 20_000))\r\n\r\n", 431, "webhook.header-too-large"),
    ("rubbish\r\n\r\n", 400, "webhook.invalid"),
    ("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "webhook.invalid"),
    ("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{}", 400, "webhook.invalid"),
    (
      "POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "webhook.invalid"
    ),
  ])
  func refuses(request: String, status: Int, code: String) async throws {
    let inbox = CollectingInbox()
    let answer = try #require(try await answer(request, settings: ["maxBodySize": "32"], inbox: inbox))
    #expect(answer.status == status)
    #expect(answer.body.contains("\"error\":\"\(code)\""))
    #expect(answer.headers["allow"] == (status == 405 ? "POST" : nil))
    #expect(inbox.messages.isEmpty)
  }

  @Test func keepsTheConnectionAfterASmallRefusal() async throws {
    try await WebhookFixture.with(["maxBodySize": "4"], inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in
        for (body, status) in [("too long", 413), ("{}", 202), ("too long", 413), ("[]", 202)] {
          try await connection.send(post(body: body))
          #expect(try await connection.answer()?.status == status)
        }
      }
    }
  }

  @Test func closesAfterALargeRefusal() async throws {
    try await WebhookFixture.with(["maxBodySize": "4"], inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send(
          "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + String(repeating: "x", count: 100_000)
        )
        let answer = try await connection.answer()
        #expect(answer?.status == 413)
        #expect(answer?.headers["connection"] == "close")
        #expect(await connection.untilClosed().isEmpty)
      }
    }
  }

  @Test func invitesABodyThatIsAnnounced() async throws {
    try await WebhookFixture.with(inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send("POST /orders HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try await connection.answer()?.status == 100)
        try await connection.send("{}")
        #expect(try await connection.answer()?.status == 202)
      }
    }
  }

  @Test func answersPipelinedRequestsInOrder() async throws {
    let inbox = CollectingInbox { _, _ in
      await Task.yield()
      return nil
    }
    try await WebhookFixture.with(inbox: inbox) { address in
      try await RawConnection.with(address) { connection in
        let ids = (0..<200).map { "id-\($0)" }
        try await connection.send(ids.map { post(headers: ["Idempotency-Key: \($0)"], body: $0) }.joined())
        for id in ids { #expect(try await connection.answer()?.body == "{\"id\":\"\(id)\"}") }
        #expect(inbox.payloads == ids)
      }
    }
  }

  @Test func answersThousandsOfPipelinedRefusals() async throws {
    try await WebhookFixture.with(inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send(String(repeating: "GET / HTTP/1.1\r\n\r\n", count: 20_000))
        for _ in 0..<20_000 { #expect(try await connection.answer()?.status == 404) }
      }
    }
  }

  @Test func answersBeforeItClosesOnRubbishThatFollows() async throws {
    let inbox = CollectingInbox()
    try await WebhookFixture.with(inbox: inbox) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send(post() + "rubbish\r\n\r\n")
        let answer = try await connection.answer()
        #expect(answer?.status == 202)
        #expect(answer?.headers["connection"] == "close")
      }
    }
    #expect(inbox.messages.count == 1)
  }

  @Test func takesLargeBodies() async throws {
    let inbox = CollectingInbox()
    let body = String(repeating: "0123456789abcdef", count: 8 << 16)
    let answer = try await answer(post(body: body), settings: ["maxBodySize": "8Mi"], inbox: inbox)
    #expect(answer?.status == 202)
    #expect(inbox.payloads == [body])
  }

  @Test func takesChunkedBodiesInAnyPieces() async throws {
    let inbox = CollectingInbox()
    try await WebhookFixture.with(inbox: inbox) { address in
      try await RawConnection.with(address) { connection in
        for byte in "POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: v\r\n\r\n" {
          try await connection.send(String(byte))
        }
        #expect(try await connection.answer()?.status == 202)
      }
    }
    #expect(inbox.payloads == ["abcdefg"])
  }

  @Test func speaksHTTP10() async throws {
    try await WebhookFixture.with(inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send("POST /orders HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}")
        #expect(try await connection.answer()?.headers["connection"] == "keep-alive")
        try await connection.send("POST /orders HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
        #expect(try await connection.answer()?.headers["connection"] == "close")
        #expect(await connection.untilClosed().isEmpty)
      }
    }
  }

  @Test func answersAClientThatHasStoppedSending() async throws {
    let answer = try await answer("POST /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    #expect(answer?.status == 202)
  }

  @Test func closesAfterARequestForAnotherProtocol() async throws {
    try await WebhookFixture.with(inbox: CollectingInbox()) { address in
      try await RawConnection.with(address) { connection in
        try await connection.send(post(headers: ["Connection: Upgrade", "Upgrade: h2c"]))
        let answer = try await connection.answer()
        #expect(answer?.status == 202)
        #expect(answer?.headers["connection"] == "close")
      }
    }
  }

  @Test(arguments: [
    (Refusal(.full, "the queue is full", retryAfter: .milliseconds(1500)), 429, "2", "webhook.full"),
    (Refusal(.unavailable, "draining"), 503, "1", "webhook.unavailable"),
    (Refusal(.invalid, "no customer"), 400, nil, "webhook.invalid"),
    (Refusal(.tooLarge, "the payload is larger"), 413, nil, "webhook.too-large"),
  ])
  func passesRefusalsOn(refusal: Refusal, status: Int, retryAfter: String?, code: String) async throws {
    let answer = try await answer(post(), inbox: CollectingInbox { _, _ in .refused(refusal) })
    #expect(answer?.status == status)
    #expect(answer?.headers["retry-after"] == retryAfter)
    #expect(answer?.body == "{\"error\":\"\(code)\",\"message\":\"\(refusal.message)\"}")
  }

  @Test func takesOtherMethodsWhereAsked() async throws {
    let inbox = CollectingInbox()
    let answer = try await answer(
      "PUT /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
      settings: ["methods": ["PUT", "POST"]],
      inbox: inbox
    )
    #expect(answer?.status == 202)
    #expect(inbox.payloads == ["x"])
  }

  @Test func refusesWhileNothingReceives() async throws {
    let connector = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    try await connector.connect(ConnectionConfiguration(name: "a", type: "http-webhook", settings: WebhookFixture.settings()))
    let address = try #require(connector.boundAddress)
    let answer = try await RawConnection.with(address) { connection in
      try await connection.send(post())
      return try await connection.answer()
    }
    #expect(answer?.status == 503)
    #expect(await connector.health() != .healthy)
    await connector.disconnect()
  }
}
