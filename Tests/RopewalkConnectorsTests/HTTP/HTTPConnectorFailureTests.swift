import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct HTTPConnectorFailureTests {
  @Test(arguments: [TestSink.Action.closeBeforeAnswer, .closeMidAnswer, .raw("HTTP/1.1 rubbish\r\n\r\n"), .raw("SSH-2.0-OpenSSH\r\n")])
  func reportsABrokenAnswerAsRecoverable(action: TestSink.Action) async throws {
    let error = try #require(try await HTTPFixture.failure(action))
    #expect(error.code == .sendFailed)
    #expect(error.recoverable)
  }

  @Test func doesNotSendAgainByItselfWhenThePeerClosesAKeptConnection() async throws {
    try await TestSink.with({ request, index in index == 1 ? .closeBeforeAnswer : .answer(200) }) { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/", ["maxConnections": 1]) { connector in
        try await connector.send(HTTPFixture.message("1"))
        let error = await #expect(throws: ConnectionError.self) { try await connector.send(HTTPFixture.message("2")) }
        #expect(error?.recoverable == true)
        try await connector.send(HTTPFixture.message("3"))
      }
      #expect(sink.requests.map(\.body) == ["1", "2", "3"])
      #expect(sink.requests.map(\.connection) == [0, 0, 1])
    }
  }

  @Test(arguments: [TestSink.Action.closeMidAnswer, .answer(400, headers: [("Connection", "close")])])
  func aCustomerWhoseMessagesEndConnectionsDoesNotUseUpThoseOfOthers(action: TestSink.Action) async throws {
    try await TestSink.with({ request, _ in request.body == "bad" ? action : .answer(200) }) { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/") { connector in
        for _ in 0..<5 {
          try await connector.send(HTTPFixture.message("good", of: "good"))
          await #expect(throws: ConnectionError.self) { try await connector.send(HTTPFixture.message("bad", of: "bad")) }
        }
      }
      // It ends one that was another's, once.
      #expect(Set(sink.requests.filter { $0.body == "good" }.map(\.connection)).count == 2)
      #expect(Set(sink.requests.filter { $0.body == "bad" }.map(\.connection)).count == 5)
    }
  }

  @Test func survivesThatAPeerClosesAfterItsAnswer() async throws {
    try await TestSink.with({ _, _ in .answerThenClose(200) }) { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/", ["maxConnections": 1]) { connector in
        var delivered = 0
        while delivered < 10 {
          do {
            try await connector.send(HTTPFixture.message("\(delivered)"))
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
    let error = try #require(try await HTTPFixture.failure(.never, ["timeout": "50ms"]))
    #expect(error.code == .timeout)
    #expect(error.recoverable)
    #expect(error.message.contains("within 50ms"))
  }

  @Test func countsWaitingForAConnectionAsTime() async throws {
    try await TestSink.with({ _, _ in .never }) { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/", ["timeout": "100ms", "maxConnections": 1]) { connector in
        await withTaskGroup(of: ConnectionError.Code?.self) { group in
          for _ in 0..<3 {
            group.addTask {
              do {
                try await connector.send(HTTPFixture.message())
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
      try await HTTPFixture.with("http://127.0.0.1:\(port)/") { try await $0.send(HTTPFixture.message()) }
    }
    #expect(try await HTTPFixture.failure(.endless(500))?.recoverable == true)
  }

  @Test func abandonsACancelledSend() async throws {
    try await TestSink.with({ _, index in index == 0 ? .never : .answer(200) }) { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/", ["maxConnections": 1]) { connector in
        let task = Task { try await connector.send(HTTPFixture.message()) }
        await sink.waitForRequests(1)
        task.cancel()
        let error = await #expect(throws: ConnectionError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        try await connector.send(HTTPFixture.message())
      }
    }
  }

  @Test func reportsARefusedConnection() async throws {
    let port = try FreePort.next()
    let error = try await HTTPFixture.with("http://127.0.0.1:\(port)/secret-path") { connector in
      await #expect(throws: ConnectionError.self) { try await connector.send(HTTPFixture.message()) }
    }
    #expect(error?.code == .connectionFailed)
    #expect(error?.recoverable == true)
    #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    #expect(error?.message.contains("secret-path") == false)
  }

  @Test func reportsANameWithoutAddress() async throws {
    let error = try await HTTPFixture.with("http://nowhere.example/", resolver: AddressResolver { _, _ in [] }) { connector in
      await #expect(throws: ConnectionError.self) { try await connector.send(HTTPFixture.message()) }
    }
    #expect(error?.code == .connectionFailed)
    #expect(error?.message.contains("nowhere.example") == true)
  }

  @Test func triesTheNextAddress() async throws {
    try await TestSink.with { sink, port in
      let resolver = AddressResolver { _, port in
        ["127.0.0.2", "127.0.0.1"].compactMap { try? .init(ipAddress: $0, port: port) }
      }
      try await HTTPFixture.with("http://sink.example:\(port)/", resolver: resolver) { try await $0.send(HTTPFixture.message()) }
      #expect(sink.requests.first?.headers["host"] == "sink.example:\(port)")
    }
  }

  @Test func speaksTLS() async throws {
    try await TestCertificate.with { certificate in
      try await TestSink.with(tls: certificate.server) { sink, port in
        let trusting: JSONObject = ["tls": ["caCertificate": .string(certificate.certificate)]]
        try await HTTPFixture.with("https://localhost:\(port)/", trusting) { try await $0.send(HTTPFixture.message()) }
        try await HTTPFixture.with("https://127.0.0.1:\(port)/", trusting) { try await $0.send(HTTPFixture.message()) }
        try await HTTPFixture.with("https://localhost:\(port)/", ["tls": ["verify": false]]) { try await $0.send(HTTPFixture.message()) }
        #expect(sink.requests.count == 3)
        let error = try await HTTPFixture.with("https://localhost:\(port)/") { connector in
          await #expect(throws: ConnectionError.self) { try await connector.send(HTTPFixture.message()) }
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.message.contains("no TLS connection to localhost:\(port): its certificate is not trusted; name the file") == true)
        #expect(sink.requests.count == 3)
      }
    }
  }

  @Test func saysThatTheDestinationSpeaksNoTLS() async throws {
    try await TestSink.with { _, port in
      try await HTTPFixture.with("https://127.0.0.1:\(port)/") { connector in
        let error = await #expect(throws: ConnectionError.self) { try await connector.send(HTTPFixture.message()) }
        #expect(error?.message.contains("for plain HTTP write http://") == true, "\(String(describing: error))")
      }
    }
  }

  @Test func refusesAContentTypeThatWouldSplitTheHeader() async throws {
    try await TestSink.with { sink, port in
      try await HTTPFixture.with("http://127.0.0.1:\(port)/") { connector in
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
        "method: must be an HTTP method in capitals", "headers: 'X Y' must be a header name",
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
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: .testing)
    let connector = try #require(connectors.make(type: "http", role: .outgoing))
    let settings: JSONObject = ["url": "https://localhost/", "tls": ["caCertificate": "/nowhere.pem"]]
    let configuration = ConnectionConfiguration(name: "erp", type: "http", settings: settings)
    #expect(await connector.validate(configuration).map(\.path) == [["tls", "caCertificate"]])
    let error = await #expect(throws: ConnectionError.self) { try await connector.connect(configuration) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("/nowhere.pem") == true)
  }
}
