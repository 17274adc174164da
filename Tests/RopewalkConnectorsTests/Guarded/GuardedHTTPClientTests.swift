import NIOCore
import NIOPosix
import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct GuardedHTTPClientTests {
  /// A policy that reaches loopback at one port.
  private func policy(_ port: Int, host: String = "127.0.0.1") -> OutboundHTTP.Policy {
    OutboundHTTP.Policy(allowedHosts: ["\(host):\(port)"], allowsPrivateAddresses: true)
  }

  /// Every name stands for these addresses.
  private func resolving(to addresses: String...) -> AddressResolver {
    AddressResolver { _, port in addresses.compactMap { try? SocketAddress(ipAddress: $0, port: port) } }
  }

  private func call(
    _ url: String,
    method: String = "GET",
    headers: MessageHeaders = MessageHeaders(),
    body: [UInt8] = [],
    _ policy: OutboundHTTP.Policy,
    resolver: AddressResolver? = nil,
    caCertificate: String? = nil
  ) async throws -> OutboundHTTP.Response {
    let client = GuardedHTTPClient(group: MultiThreadedEventLoopGroup.singleton, resolver: resolver, caCertificate: caCertificate)
    defer { client.shutdown() }
    return try await client.outbound.perform(OutboundHTTP.Request(method: method, url: url, headers: headers, body: body), under: policy)
  }

  @Test(arguments: [
    ("https://api.example/", nil), ("https://api.example/large", "http.response-too-large"),
    ("https://evil.example/", "http.host-not-allowed"), ("https://api.example:9999/", "http.host-not-allowed"),
    ("file:///etc/passwd", "http.url-invalid"), ("http://127.0.0.1/", "http.address-refused"), ("http://[::1]/", "http.address-refused"),
    ("http://localhost/", "http.address-refused"),
  ])
  func holdsAnswersThatArePlayedToThePolicy(url: String, code: String?) async throws {
    let played = OutboundHTTP { request, _ throws(OutboundHTTP.Failure) in
      .init(status: 200, body: Array(repeating: 0x61, count: request.url.hasSuffix("large") ? 11 : 10))
    }
    let policy = OutboundHTTP.Policy(allowedHosts: ["api.example", "127.0.0.1", "[::1]", "localhost"], maxResponseSize: ByteCount(10))
    let found: String?
    do {
      _ = try await played.guarded.perform(OutboundHTTP.Request(url: url), under: policy)
      found = nil
    } catch {
      found = error.code.name
    }
    #expect(found == code)
  }

  private func code(
    _ url: String,
    method: String = "GET",
    headers: MessageHeaders = MessageHeaders(),
    body: [UInt8] = [],
    _ policy: OutboundHTTP.Policy,
    resolver: AddressResolver? = nil
  ) async -> String? {
    do {
      _ = try await call(url, method: method, headers: headers, body: body, policy, resolver: resolver)
      return nil
    } catch {
      return (error as? OutboundHTTP.Failure)?.code.name ?? "\(error)"
    }
  }

  @Test func makesACall() async throws {
    try await TestSink.with({ _, _ in .answer(201, headers: [("X-Rate", "1.1")], body: "made") }) { sink, port in
      let response = try await call(
        "http://127.0.0.1:\(port)/rates?to=EUR",
        method: "POST",
        headers: MessageHeaders([
          .init(name: "X-A", value: "b"), .init(name: "Host", value: "evil"), .init(name: "Content-Length", value: "9"),
        ]),
        body: Array("hello".utf8),
        policy(port)
      )
      #expect(response.status == 201)
      #expect(response.headers["x-rate"] == "1.1")
      #expect(response.body == Array("made".utf8))
      let request = try #require(sink.requests.first)
      #expect(request.method == "POST")
      #expect(request.uri == "/rates?to=EUR")
      #expect(request.body == "hello")
      #expect(request.headers["x-a"] == "b")
      #expect(request.headers["host"] == "127.0.0.1:\(port)")
    }
  }

  @Test(arguments: ["HEAD", "DELETE", "OPTIONS"])
  func makesCallsWithoutBody(method: String) async throws {
    try await TestSink.with({ _, _ in .answer(200, body: "x") }) { sink, port in
      let response = try await call("http://127.0.0.1:\(port)/", method: method, policy(port))
      #expect(response.body.count == (method == "HEAD" ? 0 : 1))
      #expect(sink.requests.first?.method == method)
    }
  }

  @Test func reachesNothingByDefault() async {
    #expect(await code("http://example.com/", OutboundHTTP.Policy()) == "http.host-not-allowed")
  }

  @Test(
    arguments: [
      ("http://a.example/", ["a.example"], true), ("https://a.example/", ["A.Example"], true), ("https://a.example./", ["a.example"], true),
      ("http://a.example:8080/", ["a.example"], false), ("http://a.example:8080/", ["a.example:8080"], true),
      ("http://a.example/", ["a.example:8080"], false), ("https://x.a.example/", ["*.a.example"], true),
      ("https://y.x.a.example/", ["*.a.example"], true), ("https://a.example/", ["*.a.example"], false),
      ("https://evila.example/", ["*.a.example"], false), ("https://a.example.evil.com/", ["a.example"], false),
      ("https://b.example/", ["a.example", "b.example"], true), ("https://a.example/", ["*"], false), ("https://a.example/", ["*."], false),
      ("http://[2606:4700::1]/", ["[2606:4700::1]"], true), ("http://[2606:4700::1]:81/", ["[2606:4700::1]:81"], true),
      ("http://[2606:4700::1]/", ["2606:4700::1"], true),
      ("https://x.a.example:8443/", ["*.a.example:8443"], true),
    ] as [(String, [String], Bool)]
  )
  func matchesHosts(url: String, allowed: [String], expected: Bool) throws {
    #expect(HostAllowList(allowed).allows(try HTTPURL(parsing: url).origin) == expected)
  }

  @Test(arguments: [
    "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.0.192", "168.63.129.16", "198.18.0.1", "::", "::1", "fe80::1", "fc00::1",
    "fd00:ec2::254",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "2001::1",
    "::127.0.0.1",
    "fec0::1", "100::1", "3fff::1",
  ])
  func refusesSpecialAddresses(address: String) async throws {
    #expect(AddressGuard.specialKind(of: try SocketAddress(ipAddress: address, port: 80)) != nil)
    let policy = OutboundHTTP.Policy(allowedHosts: ["a.example"])
    #expect(await code("http://a.example/", policy, resolver: resolving(to: address)) == "http.address-refused")
    let literal = address.contains(":") ? "[\(address)]" : address
    #expect(await code("http://\(literal)/", OutboundHTTP.Policy(allowedHosts: [literal])) == "http.address-refused")
  }

  @Test(arguments: ["8.8.8.8", "172.32.0.1", "100.128.0.1", "1.1.1.1", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"])
  func knowsPublicAddresses(address: String) throws {
    #expect(AddressGuard.specialKind(of: try SocketAddress(ipAddress: address, port: 80)) == nil)
  }

  @Test func connectsToTheAddressItChecked() async throws {
    try await TestSink.with { sink, port in
      // Says a public address when asked first and loopback ever after, as a rebinding attacker's name server does.
      let asked = Counter()
      let resolver = AddressResolver { _, port in
        [try? SocketAddress(ipAddress: asked.next() == 0 ? "192.0.2.1" : "127.0.0.1", port: port)].compactMap { $0 }
      }
      var policy = OutboundHTTP.Policy(allowedHosts: ["a.example:\(port)"])
      #expect(await code("http://a.example:\(port)/", policy, resolver: resolver) == "http.address-refused")
      #expect(asked.value == 1)
      policy.allowsPrivateAddresses = true
      _ = try await call("http://a.example:\(port)/", policy, resolver: resolver)
      #expect(asked.value == 2)
      #expect(sink.requests.count == 1)
      #expect(sink.requests.first?.headers["host"] == "a.example:\(port)")
    }
  }

  @Test func doesNotLendAConnectionToAStricterPolicy() async throws {
    try await TestSink.with { sink, port in
      let client = GuardedHTTPClient(group: MultiThreadedEventLoopGroup.singleton, resolver: resolving(to: "127.0.0.1"))
      defer { client.shutdown() }
      let request = OutboundHTTP.Request(url: "http://a.example:\(port)/")
      var policy = policy(port, host: "a.example")
      _ = try await client.outbound.perform(request, under: policy)
      _ = try await client.outbound.perform(request, under: policy)
      policy.allowsPrivateAddresses = false
      let failure = await #expect(throws: OutboundHTTP.Failure.self) { try await client.outbound.perform(request, under: policy) }
      #expect(failure?.code.name == "http.address-refused")
      #expect(sink.requests.map(\.connection) == [0, 0])
    }
  }

  @Test func checksTheCertificateAgainstTheName() async throws {
    try await TestCertificate.with { certificate in
      try await TestSink.with(tls: certificate.server) { _, port in
        let resolver = resolving(to: "127.0.0.1")
        let path = certificate.certificate
        let right = try await call("https://localhost:\(port)/", policy(port, host: "localhost"), resolver: resolver, caCertificate: path)
        #expect(right.status == 200)
        let failure = await #expect(throws: OutboundHTTP.Failure.self) {
          try await call("https://other.example:\(port)/", policy(port, host: "other.example"), resolver: resolver, caCertificate: path)
        }
        #expect(failure?.code.name == "http.tls")
      }
    }
  }

  @Test(arguments: [
    ("ftp://a.example/", "http.url-invalid"), ("file:///etc/passwd", "http.url-invalid"), ("/relative", "http.url-invalid"),
    ("http://user:pw@a.example/", "http.url-invalid"), ("http://a.example@evil.example/", "http.url-invalid"), ("", "http.url-invalid"),
    ("http://a.example\\@evil.example/", "http.url-invalid"), ("http://a.example/ HTTP/1.1\r\nX: y", "http.url-invalid"),
    ("http://2130706433/", "http.host-not-allowed"), ("http://0x7f.1/", "http.host-not-allowed"),
    ("http://127.1/", "http.host-not-allowed"),
  ])
  func refusesURLs(url: String, expected: String) async {
    #expect(await code(url, OutboundHTTP.Policy(allowedHosts: ["a.example", "127.0.0.1"])) == expected)
  }

  @Test func seesThroughOddSpellingsOfLoopback() async {
    // The system's resolver reads these as 127.0.0.1.
    for host in ["2130706433", "0x7f.1", "127.1", "localhost"] {
      #expect(await code("http://\(host)/", OutboundHTTP.Policy(allowedHosts: [host])) == "http.address-refused")
    }
  }

  @Test func refusesRequestsThatHTTPCannotCarry() async {
    let policy = OutboundHTTP.Policy(allowedHosts: ["a.example"])
    let split = MessageHeaders([.init(name: "X", value: "a\r\nY: b")])
    #expect(await code("http://a.example/", headers: split, policy) == "http.request-invalid")
    #expect(await code("http://a.example/", headers: MessageHeaders([.init(name: "X Y", value: "")]), policy) == "http.request-invalid")
    for method in ["CONNECT", "TRACE", "GET /", ""] {
      #expect(await code("http://a.example/", method: method, policy) == "http.request-invalid")
    }
  }

  @Test func capsTheRequest() async {
    let policy = OutboundHTTP.Policy(allowedHosts: ["a.example"], maxRequestSize: ByteCount(10))
    #expect(await code("http://a.example/", method: "POST", body: Array(repeating: 0, count: 11), policy) == "http.request-too-large")
  }

  @Test func capsTheResponse() async throws {
    try await TestSink.with({ _, index in index == 0 ? .answer(200, body: "12345678901") : .endless(200) }) { _, port in
      var policy = policy(port)
      policy.maxResponseSize = ByteCount(10)
      #expect(await code("http://127.0.0.1:\(port)/", policy) == "http.response-too-large")
      #expect(await code("http://127.0.0.1:\(port)/", policy) == "http.response-too-large")
    }
  }

  @Test func boundsTheTime() async throws {
    try await TestSink.with({ _, _ in .never }) { _, port in
      var policy = policy(port)
      policy.timeout = .milliseconds(50)
      #expect(await code("http://127.0.0.1:\(port)/", policy) == "http.timeout")
      let slow = AddressResolver { _, _ in
        try? await Task.sleep(for: .seconds(60))
        return []
      }
      policy.allowedHosts = ["a.example"]
      #expect(await code("http://a.example/", policy, resolver: slow) == "http.timeout")
    }
  }

  @Test func reportsWhatGoesWrong() async throws {
    #expect(await code("http://a.example/", OutboundHTTP.Policy(allowedHosts: ["a.example"]), resolver: resolving()) == "http.unresolvable")
    let port = try FreePort.next()
    #expect(await code("http://127.0.0.1:\(port)/", policy(port)) == "http.unreachable")
    for (action, expected) in [
      (TestSink.Action.closeBeforeAnswer, "http.connection-closed"), (.closeMidAnswer, "http.connection-closed"),
      (.raw("rubbish\r\n\r\n"), "http.response-malformed"),
    ] {
      try await TestSink.with({ _, _ in action }) { _, port in
        #expect(await code("http://127.0.0.1:\(port)/", policy(port)) == expected)
      }
    }
  }

  @Test func abandonsACancelledCall() async throws {
    try await TestSink.with({ _, _ in .never }) { sink, port in
      let task = Task { await code("http://127.0.0.1:\(port)/", policy(port)) }
      await sink.waitForRequests(1)
      task.cancel()
      #expect(await task.value == "http.cancelled")
    }
  }

  @Test func returnsRedirectsByDefault() async throws {
    try await TestSink.with({ _, _ in .answer(302, headers: [("Location", "/other")]) }) { _, port in
      let response = try await call("http://127.0.0.1:\(port)/", policy(port))
      #expect(response.status == 302)
    }
  }

  @Test func followsRedirectsWithinLimits() async throws {
    try await TestSink.with({ request, _ in
      switch request.uri {
      case "/start": .answer(307, headers: [("Location", "/next?x=1")])
      case "/next?x=1": .answer(303, headers: [("Location", "end")])
      case "/end": .answer(200, body: "done")
      case "/loop": .answer(301, headers: [("Location", "/loop")])
      case "/away": .answer(301, headers: [("Location", "http://169.254.169.254/latest/meta-data")])
      default: .answer(404)
      }
    }) { sink, port in
      var policy = policy(port)
      policy.maxRedirects = 3
      let url = "http://127.0.0.1:\(port)"
      let response = try await call("\(url)/start", method: "POST", body: [1], policy)
      #expect(response.body == Array("done".utf8))
      #expect(sink.requests.map(\.method) == ["POST", "POST", "GET"])
      #expect(sink.requests.last?.body == "")
      #expect(await code("\(url)/loop", policy) == "http.too-many-redirects")
      #expect(await code("\(url)/away", policy) == "http.host-not-allowed")
      policy.allowedHosts.append("169.254.169.254")
      policy.allowsPrivateAddresses = false
      #expect(await code("\(url)/away", policy) == "http.address-refused")
    }
  }

  @Test func takesCredentialsToNoOtherOrigin() async throws {
    try await TestSink.with { other, otherPort in
      try await TestSink.with({ _, _ in .answer(308, headers: [("Location", "http://127.0.0.1:\(otherPort)/in")]) }) { _, port in
        var policy = policy(port)
        policy.allowedHosts.append("127.0.0.1:\(otherPort)")
        policy.maxRedirects = 1
        let headers = MessageHeaders([
          .init(name: "authorization", value: "Bearer x"), .init(name: "Cookie", value: "a"), .init(name: "X-A", value: "b"),
        ])
        _ = try await call("http://127.0.0.1:\(port)/", headers: headers, policy)
        #expect(other.requests.first?.headers["authorization"] == nil)
        #expect(other.requests.first?.headers["cookie"] == nil)
        #expect(other.requests.first?.headers["x-a"] == "b")
      }
    }
  }
}
