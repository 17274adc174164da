import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct HTTPConnectorTests {
  @Test func sendsAMessageAsOneRequest() async throws {
    try await TestSink.with { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/in?key=v", ["headers": ["X-Env": "test"]]) {
        try await $0.send(HTTPFixture.message())
      }
      let request = try #require(sink.requests.first)
      #expect(request.method == "POST")
      #expect(request.uri == "/in?key=v")
      #expect(request.body == #"{"total":1500}"#)
      #expect(request.headers["host"] == "127.0.0.1:\(port)")
      #expect(request.headers["content-type"] == "application/json")
      #expect(request.headers["content-length"] == "14")
      #expect(request.headers["idempotency-key"] == "order%201")
      #expect(request.headers["x-correlation-id"] == "c-7")
      #expect(request.headers["traceparent"]?.hasPrefix("00-\(HTTPFixture.trace)-") == true)
      #expect(request.headers["x-env"] == "test")
      #expect(request.headers["authorization"] == nil)
    }
  }

  @Test(arguments: [
    (["bearer": "t0ken"] as JSONObject, "authorization", "Bearer t0ken"),
    (["basic": ["username": "Aladdin", "password": "open sesame"]] as JSONObject, "authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    (["apiKey": ["header": "X-Key", "value": "k3y"]] as JSONObject, "x-key", "k3y"),
  ])
  func provesWhoItIs(auth: JSONObject, header: String, value: String) async throws {
    try await TestSink.with { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/", ["auth": .object(auth)]) { try await $0.send(HTTPFixture.message()) }
      #expect(sink.requests.first?.headers[header] == value)
    }
  }

  @Test func keepsConnectionsOpen() async throws {
    try await TestSink.with { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/") { connector in
        for _ in 0..<20 { try await connector.send(HTTPFixture.message()) }
      }
      #expect(Set(sink.requests.map(\.connection)) == [0])
    }
  }

  @Test func opensNoMoreConnectionsThanAllowed() async throws {
    try await TestSink.with { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/", ["maxConnections": 3]) { connector in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<200 { group.addTask { try await connector.send(HTTPFixture.message()) } }
          try await group.waitForAll()
        }
      }
      #expect(sink.requests.count == 200)
      #expect(Set(sink.requests.map(\.connection)).count <= 3)
    }
  }

  @Test(arguments: [
    (200, nil, nil), (201, nil, nil), (204, nil, nil),
    (301, ConnectionError.Code.rejected, false), (304, .rejected, false),
    (400, .rejected, false), (401, .unauthorized, false), (403, .unauthorized, false), (404, .rejected, false), (410, .rejected, false),
    (413, .rejected, false), (422, .rejected, false), (408, .timeout, true), (425, .rateLimited, true), (429, .rateLimited, true),
    (500, .sendFailed, true), (502, .sendFailed, true), (503, .sendFailed, true), (504, .sendFailed, true), (599, .sendFailed, true),
  ])
  func knowsWhatAnAnswerMeans(status: Int, code: ConnectionError.Code?, recoverable: Bool?) async throws {
    try await TestSink.with({ _, _ in .answer(status) }) { _, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/in") { connector in
        do {
          try await connector.send(HTTPFixture.message())
          #expect(code == nil)
        } catch {
          #expect((error as? ConnectionError)?.code == code)
          #expect((error as? ConnectionError)?.recoverable == recoverable)
          #expect("\(error)".contains("127.0.0.1:\(port) answered \(status)"))
        }
      }
    }
  }

  @Test func honoursRetryAfter() async throws {
    #expect(try await HTTPFixture.failure(.answer(429, headers: [("Retry-After", "17")]))?.retryAfter == .seconds(17))
    #expect(try await HTTPFixture.failure(.answer(503, headers: [("Retry-After", "rubbish")]))?.retryAfter == nil)
    let date = HTTPDate.text(of: Timestamp.now.advanced(by: .seconds(10_000)))
    let wait = try #require(try await HTTPFixture.failure(.answer(503, headers: [("Retry-After", date)]))?.retryAfter)
    #expect((.seconds(9000)...(.seconds(10_000))).contains(wait))
  }

  @Test func quotesTheAnswerWithoutSecrets() async throws {
    let body = "no such item; you sent t0ken-abc\nand k3y-xyz"
    let error = try await HTTPFixture.failure(
      .answer(422, headers: [("Content-Type", "text/plain")], body: body),
      ["auth": ["bearer": "t0ken-abc"], "headers": ["X-Other": "k3y-xyz"]]
    )
    #expect(error?.message.hasSuffix(": no such item; you sent *** and ***") == true)
  }

  @Test func quotesAtMost512Bytes() async throws {
    let error = try await HTTPFixture.failure(.answer(422, body: String(repeating: "é", count: 4000)))
    let quoted = try #require(error?.message.split(separator: ": ").last)
    #expect(quoted.utf8.count <= 512 + 3)
    #expect(quoted.hasSuffix("é…"))
  }

  @Test func hidesASecretThatTheCutWouldSplit() async throws {
    let body = String(repeating: "x", count: 509) + "t0ken-abc"
    let error = try await HTTPFixture.failure(.answer(422, body: body), ["auth": ["bearer": "t0ken-abc"]])
    #expect(error?.message.contains("t0k") == false)
  }

  @Test func quotesNoBinary() async throws {
    let error = try await HTTPFixture.failure(.answer(422, headers: [("Content-Type", "application/octet-stream")], body: "abc"))
    #expect(error?.message.contains("abc") == false)
  }
}
