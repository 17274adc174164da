import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkCore
import Testing

@testable import RopewalkConnectors

@Suite struct HTTPConnectorTests {
  static let trace = "0af7651916cd43dd8448eb211c80319c"

  private func message(_ body: String = #"{"total":1500}"#) -> Message {
    Message(
      id: "order 1",
      payload: Array(body.utf8),
      contentType: "application/json",
      metadata: MessageMetadata(correlationID: "c-7", traceID: Self.trace)
    )
  }

  /// Connects to a URL, runs `body`, disconnects.
  static func with<Result>(
    _ url: String,
    _ more: JSONObject = JSONObject(),
    timeout: Duration = .seconds(20),
    resolver: AddressResolver? = nil,
    _ body: (any ConnectionNode) async throws -> Result
  ) async throws -> Result {
    var settings = more
    settings["url"] = .string(url)
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: .testing, resolver: resolver)
    let connector = try #require(connectors.make(type: "http", role: .outgoing))
    let configuration = ConnectionConfiguration(name: "erp", type: "http", settings: settings, timeout: timeout)
    #expect(await connector.validate(configuration) == [])
    try await connector.connect(configuration)
    do {
      let result = try await body(connector)
      await connector.disconnect()
      return result
    } catch {
      await connector.disconnect()
      throw error
    }
  }

  /// The error of sending one message to a sink that answers so.
  private func failure(_ action: TestSink.Action, _ settings: JSONObject = JSONObject()) async throws -> ConnectionError? {
    try await TestSink.with({ _, _ in action }) { _, port in
      try await Self.with("http://127.0.0.1:\(port)/in", settings) { connector in
        await #expect(throws: ConnectionError.self) { try await connector.send(message()) }
      }
    }
  }

  @Test func sendsAMessageAsOneRequest() async throws {
    try await TestSink.with { sink, port in
      try await Self.with("http://127.0.0.1:\(port)/in?key=v", ["headers": ["X-Env": "test"]]) { try await $0.send(message()) }
      let request = try #require(sink.requests.first)
      #expect(request.method == "POST")
      #expect(request.uri == "/in?key=v")
      #expect(request.body == #"{"total":1500}"#)
      #expect(request.headers["host"] == "127.0.0.1:\(port)")
      #expect(request.headers["content-type"] == "application/json")
      #expect(request.headers["content-length"] == "14")
      #expect(request.headers["idempotency-key"] == "order%201")
      #expect(request.headers["x-correlation-id"] == "c-7")
      #expect(request.headers["traceparent"]?.hasPrefix("00-\(Self.trace)-") == true)
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
      try await Self.with("http://127.0.0.1:\(port)/", ["auth": .object(auth)]) { try await $0.send(message()) }
      #expect(sink.requests.first?.headers[header] == value)
    }
  }

  @Test func keepsConnectionsOpen() async throws {
    try await TestSink.with { sink, port in
      try await Self.with("http://127.0.0.1:\(port)/") { connector in
        for _ in 0..<20 { try await connector.send(message()) }
      }
      #expect(Set(sink.requests.map(\.connection)) == [0])
    }
  }

  @Test func opensNoMoreConnectionsThanAllowed() async throws {
    try await TestSink.with { sink, port in
      try await Self.with("http://127.0.0.1:\(port)/", ["maxConnections": 3]) { connector in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<200 { group.addTask { try await connector.send(self.message()) } }
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
    (422, .rejected, false), (408, .timeout, true), (425, .rateLimited, true), (429, .rateLimited, true),
    (500, .sendFailed, true), (502, .sendFailed, true), (503, .sendFailed, true), (504, .sendFailed, true), (599, .sendFailed, true),
  ])
  func knowsWhatAnAnswerMeans(status: Int, code: ConnectionError.Code?, recoverable: Bool?) async throws {
    try await TestSink.with({ _, _ in .answer(status) }) { _, port in
      try await Self.with("http://127.0.0.1:\(port)/in") { connector in
        do {
          try await connector.send(message())
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
    #expect(try await failure(.answer(429, headers: [("Retry-After", "17")]))?.retryAfter == .seconds(17))
    #expect(try await failure(.answer(503, headers: [("Retry-After", "rubbish")]))?.retryAfter == nil)
    let date = HTTPDate.text(of: Timestamp.now.advanced(by: .seconds(100)))
    let wait = try #require(try await failure(.answer(503, headers: [("Retry-After", date)]))?.retryAfter)
    #expect((.seconds(80)...(.seconds(100))).contains(wait))
  }

  @Test func quotesTheAnswerWithoutSecrets() async throws {
    let body = "no such item; you sent t0ken-abc\nand k3y-xyz"
    let error = try await failure(
      .answer(422, headers: [("Content-Type", "text/plain")], body: body),
      ["auth": ["bearer": "t0ken-abc"], "headers": ["X-Other": "k3y-xyz"]]
    )
    #expect(error?.message.hasSuffix(": no such item; you sent *** and ***") == true)
  }

  @Test func quotesAtMost512Bytes() async throws {
    let error = try await failure(.answer(422, body: String(repeating: "é", count: 4000)))
    let quoted = try #require(error?.message.split(separator: ": ").last)
    #expect(quoted.utf8.count <= 512 + 3)
    #expect(quoted.hasSuffix("é…"))
  }

  @Test func hidesASecretThatTheCutWouldSplit() async throws {
    let body = String(repeating: "x", count: 509) + "t0ken-abc"
    let error = try await failure(.answer(422, body: body), ["auth": ["bearer": "t0ken-abc"]])
    #expect(error?.message.contains("t0k") == false)
  }

  @Test func quotesNoBinary() async throws {
    let error = try await failure(.answer(422, headers: [("Content-Type", "application/octet-stream")], body: "abc"))
    #expect(error?.message.contains("abc") == false)
  }

  @Test(arguments: [TestSink.Action.closeBeforeAnswer, .closeMidAnswer, .raw("HTTP/1.1 rubbish\r\n\r\n"), .raw("SSH-2.0-OpenSSH\r\n")])
  func reportsABrokenAnswerAsRecoverable(action: TestSink.Action) async throws {
    let error = try #require(try await failure(action))
    #expect(error.code == .sendFailed)
    #expect(error.recoverable)
  }

  @Test func doesNotSendAgainByItselfWhenThePeerClosesAKeptConnection() async throws {
    try await TestSink.with({ request, index in index == 1 ? .closeBeforeAnswer : .answer(200) }) { sink, port in
      try await Self.with("http://127.0.0.1:\(port)/", ["maxConnections": 1]) { connector in
        try await connector.send(message("1"))
        let error = await #expect(throws: ConnectionError.self) { try await connector.send(message("2")) }
        #expect(error?.recoverable == true)
        try await connector.send(message("3"))
      }
      #expect(sink.requests.map(\.body) == ["1", "2", "3"])
      #expect(sink.requests.map(\.connection) == [0, 0, 1])
    }
  }

  @Test func survivesThatAPeerClosesAfterItsAnswer() async throws {
    try await TestSink.with({ _, _ in .answerThenClose(200) }) { sink, port in
      try await Self.with("http://127.0.0.1:\(port)/", ["maxConnections": 1]) { connector in
        var delivered = 0
        while delivered < 10 {
          do {
            try await connector.send(message("\(delivered)"))
            delivered += 1
          } catch {
            #expect((error as? ConnectionError)?.recoverable == true)
          }
        }
      }
      #expect(sink.requests.map(\.body) == (0..<10).map(String.init))
    }
  }

  @Test func givesUpOnAPeerThatNeverAnswers() async throws {
    let error = try #require(try await failure(.never, ["timeout": "50ms"]))
    #expect(error.code == .timeout)
    #expect(error.recoverable)
    #expect(error.message.contains("within 50ms"))
  }

  @Test func countsWaitingForAConnectionAsTime() async throws {
    try await TestSink.with({ _, _ in .never }) { sink, port in
      try await Self.with("http://127.0.0.1:\(port)/", ["timeout": "100ms", "maxConnections": 1]) { connector in
        await withTaskGroup(of: ConnectionError.Code?.self) { group in
          for _ in 0..<3 {
            group.addTask {
              do {
                try await connector.send(self.message())
                return nil
              } catch {
                return (error as? ConnectionError)?.code
              }
            }
          }
          for await code in group { #expect(code == .timeout) }
        }
      }
    }
  }

  @Test func takesAnAnswerWhoseBodyNeverEnds() async throws {
    try await TestSink.with({ _, _ in .endless(200) }) { _, port in
      try await Self.with("http://127.0.0.1:\(port)/") { try await $0.send(message()) }
    }
    #expect(try await failure(.endless(500))?.recoverable == true)
  }

  @Test func abandonsACancelledSend() async throws {
    try await TestSink.with({ _, index in index == 0 ? .never : .answer(200) }) { sink, port in
      try await Self.with("http://127.0.0.1:\(port)/", ["maxConnections": 1]) { connector in
        let task = Task { try await connector.send(self.message()) }
        await sink.waitForRequests(1)
        task.cancel()
        let error = await #expect(throws: ConnectionError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        try await connector.send(message())
      }
    }
  }

  @Test func reportsARefusedConnection() async throws {
    let port = try await TestSink.with { _, port in port }
    let error = try await Self.with("http://127.0.0.1:\(port)/secret-path") { connector in
      await #expect(throws: ConnectionError.self) { try await connector.send(message()) }
    }
    #expect(error?.code == .connectionFailed)
    #expect(error?.recoverable == true)
    #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    #expect(error?.message.contains("secret-path") == false)
  }

  @Test func reportsANameWithoutAddress() async throws {
    let error = try await Self.with("http://nowhere.example/", resolver: AddressResolver { _, _ in [] }) { connector in
      await #expect(throws: ConnectionError.self) { try await connector.send(message()) }
    }
    #expect(error?.code == .connectionFailed)
    #expect(error?.message.contains("nowhere.example") == true)
  }

  @Test func triesTheNextAddress() async throws {
    try await TestSink.with { sink, port in
      let resolver = AddressResolver { _, port in
        ["127.0.0.2", "127.0.0.1"].compactMap { try? .init(ipAddress: $0, port: port) }
      }
      try await Self.with("http://sink.example:\(port)/", resolver: resolver) { try await $0.send(message()) }
      #expect(sink.requests.first?.headers["host"] == "sink.example:\(port)")
    }
  }

  @Test func speaksTLS() async throws {
    try await TestCertificate.with { certificate in
      try await TestSink.with(tls: certificate.server) { sink, port in
        let trusting: JSONObject = ["tls": ["caCertificate": .string(certificate.certificate)]]
        try await Self.with("https://localhost:\(port)/", trusting) { try await $0.send(message()) }
        try await Self.with("https://127.0.0.1:\(port)/", trusting) { try await $0.send(message()) }
        try await Self.with("https://localhost:\(port)/", ["tls": ["verify": false]]) { try await $0.send(message()) }
        #expect(sink.requests.count == 3)
        let error = try await Self.with("https://localhost:\(port)/") { connector in
          await #expect(throws: ConnectionError.self) { try await connector.send(message()) }
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.message.contains("TLS") == true)
        #expect(sink.requests.count == 3)
      }
    }
  }

  @Test func refusesAContentTypeThatWouldSplitTheHeader() async throws {
    try await TestSink.with { sink, port in
      try await Self.with("http://127.0.0.1:\(port)/") { connector in
        let error = await #expect(throws: ConnectionError.self) {
          try await connector.send(Message(payload: [], contentType: "text/plain\r\nX-Evil: 1"))
        }
        #expect(error?.code == .rejected)
      }
      #expect(sink.requests.isEmpty)
    }
  }

  @Test func saysWhatIsWrongWithItsSettings() async throws {
    let settings: JSONObject = [
      "ulr": "http://a", "method": "post", "headers": ["Host": "b", "X Y": "c"],
      "auth": ["bearer": "a", "apiKey": JSON.object(JSONObject())],
      "timeout": "5", "maxConnections": 0, "tls": ["verify": "yes", "cert": "x"],
    ]
    let problems = HTTPSettings.read(settings).problems
    let lines = problems.map { "\($0.path.joined(separator: ".")): \($0.message)" }
    #expect(
      Set(lines) == [
        "url: is missing", "method: must be an HTTP method in capitals", "headers: 'X Y' must be a header name",
        "auth.apiKey.value: is missing", "auth: names more than one way to authenticate", "timeout: is not a duration",
        "maxConnections: must be between 1 and 10000", "tls.verify: must be true or false, not a string", "tls.cert: is not a known key",
        "ulr: is not a known key",
      ]
    )
    #expect(problems.first { $0.path == ["ulr"] }?.remedy.hasPrefix("did you mean 'url'?") == true)
  }

  @Test(arguments: [
    "erp.example", "ftp://erp.example/", "http://", "http://user:pw@erp.example/", "http://erp example/", "http://a:99999/", "http://a/b c",
  ])
  func refusesURLs(url: String) {
    let problems = HTTPSettings.read(["url": .string(url)]).problems
    #expect(problems.count == 1)
    #expect(problems.first?.path == ["url"])
    #expect(problems.first?.message.contains("pw") == false)
  }

  @Test func failsWithoutItsCertificateFile() async throws {
    let error = await #expect(throws: ConnectionError.self) {
      try await Self.with("https://localhost/", ["tls": ["caCertificate": "/nowhere.pem"]]) { _ in }
    }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("/nowhere.pem") == true)
  }
}
