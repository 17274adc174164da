import Glibc
import NIOCore
import NIOPosix
import RopewalkCore
import RopewalkTesting
import Testing

@testable import GoPlugin
@testable import RopewalkProcess

/// What a program reaches over the network, and what reaches it.
@Suite(.takesTurns, .enabled("this machine allows no sandbox") { await Captive.support.isAvailable })
struct NetworkTests {
  private func allowing(_ places: String..., listen: String...) throws -> SandboxSpec {
    SandboxSpec(
      network: .restricted(allow: try places.map(Endpoint.init(parsing:)), listen: try listen.map(Endpoint.init(parsing:)))
    )
  }

  @Test("Without a network it has itself and nothing else")
  func none() async throws {
    try await EchoServer.run { port async throws in
      #expect(try await Captive.runFree("converse", "127.0.0.1", "\(port)", "hello") == ["hello"])
      #expect(try await Captive.run(SandboxSpec(), "converse", "127.0.0.1", "\(port)", "hello").lines == ["ECONNREFUSED"])
      #expect(try await Captive.run(SandboxSpec(), "converse", "1.1.1.1", "443", "hello").lines == ["ENETUNREACH"])
      #expect(try await Captive.run(SandboxSpec(), "converse", "169.254.169.254", "80", "hello").lines == ["ENETUNREACH"])
      #expect(try await Captive.run(SandboxSpec(), "interfaces").lines == ["lo"])
      let named = try await Captive.run(SandboxSpec(), "converse", "example.com", "80", "hello").lines
      #expect(named.first?.hasPrefix("unknown-host") == true)
    }
  }

  @Test("With the host's network it reaches what the host reaches")
  func host() async throws {
    try await EchoServer.run { port async throws in
      #expect(try await Captive.run(SandboxSpec(network: .host), "converse", "localhost", "\(port)", "hello").lines == ["hello"])
    }
  }

  @Test("It reaches the places that are allowed, and no other")
  func allowed() async throws {
    try await EchoServer.run { port async throws in
      try await EchoServer.run { other async throws in
        let spec = try allowing("127.0.0.1:\(port)")
        #expect(try await Captive.run(spec, "converse", "127.0.0.1", "\(port)", "hello").lines == ["hello"])
        #expect(try await Captive.run(spec, "converse", "localhost", "\(port)", "hello").lines == ["hello"])
        #expect(try await Captive.run(spec, "converse", "127.0.0.1", "\(other)", "hello").lines == ["ECONNREFUSED"])
        #expect(try await Captive.run(spec, "converse", "127.0.0.2", "\(port)", "hello").lines == ["ECONNREFUSED"])
        #expect(try await Captive.run(spec, "converse", "1.1.1.1", "443", "hello").lines == ["ENETUNREACH"])
        #expect(try await Captive.run(spec, "interfaces").lines == ["lo"])
      }
    }
  }

  @Test("It reaches them by name, also on ports below 1024, and by an address that is not of the loopback")
  func names() async throws {
    let (name, address) = Self.ownName()
    try await EchoServer.run(host: "0.0.0.0") { port async throws in
      if let name {
        let spec = try allowing("\(name):\(port)", "\(name):443", "\(name):80")
        #expect(try await Captive.run(spec, "converse", name, "\(port)", "hello").lines == ["hello"])
      }
      if let address {
        let spec = try allowing("\(address):\(port)")
        #expect(try await Captive.run(spec, "converse", address, "\(port)", "hello").lines == ["hello"])
      }
    }
  }

  @Test("A place that is allowed and does not answer is no success")
  func deadPlace() async throws {
    let outcome = try await QuietPort.refusing { port async throws in
      try await Captive.run(try allowing("127.0.0.1:\(port)"), "converse", "127.0.0.1", "\(port)", "hello")
    }
    #expect(["ECONNRESET", "EPIPE", "ECONNREFUSED"].contains(outcome.lines.first ?? ""))
  }

  @Test("What passes arrives whole and the same, in both directions at once")
  func volume() async throws {
    try await EchoServer.run { port async throws in
      let spec = try allowing("127.0.0.1:\(port)")
      let pumped = try await Captive.run(spec, "pump", "127.0.0.1", "\(port)", "24")
      #expect(pumped.lines == ["\(24 << 20) same"])
    }
  }

  @Test("Hundreds of connections pass at once")
  func crowd() async throws {
    try await EchoServer.run { port async throws in
      var spec = try allowing("127.0.0.1:\(port)")
      spec.limits.openFiles = 512
      #expect(try await Captive.run(spec, "crowd", "127.0.0.1", "\(port)", "300").lines == ["300"])
    }
  }

  @Test("Connections beyond the limit wait for their turn")
  func limit() async throws {
    let census = EchoServer.Census()
    try await EchoServer.run(census: census) { port async throws in
      var spec = try allowing("127.0.0.1:\(port)")
      spec.limits.connections = 2
      #expect(try await Captive.run(spec, "queue", "127.0.0.1", "\(port)", "20").lines == ["20"])
    }
    // Those whose end has not yet come through may overlap with their successors.
    #expect((1...10).contains(census.most))
  }

  @Test("What connects to a listened place outside is handed in")
  func listening() async throws {
    let port = QuietPort.free()
    let spec = try allowing(listen: "127.0.0.1:\(port)")
    try await Captive.start(["serve", "\(port)"], spec: spec) { _, _, lines async throws in
      var lines = lines.makeAsyncIterator()
      #expect(await lines.next() == "serving")
      for index in 0..<20 {
        #expect(try await Captive.runFree("converse", "127.0.0.1", "\(port)", "hello \(index)") == ["hello \(index)"])
      }
    }
    #expect(try await Captive.runFree("converse", "127.0.0.1", "\(port)", "hello") == ["ECONNREFUSED"])
  }

  @Test("Without that, nothing outside reaches what it serves")
  func notListening() async throws {
    let port = QuietPort.free()
    try await Captive.start(["serve", "\(port)"]) { _, _, lines async throws in
      var lines = lines.makeAsyncIterator()
      #expect(await lines.next() == "serving")
      #expect(try await Captive.runFree("converse", "127.0.0.1", "\(port)", "hello") == ["ECONNREFUSED"])
    }
  }

  @Test("It reaches no socket of the host that has a name and no file")
  func abstractSockets() async throws {
    let name = "ropewalk-test-\(getpid())"
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      path[0] = 0
      path.baseAddress!.advanced(by: 1).copyMemory(from: Array(name.utf8), byteCount: name.utf8.count)
    }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(3 + name.utf8.count)) }
    }
    #expect(bound == 0 && listen(descriptor, 4) == 0)
    #expect(try await Captive.runFree("abstract", name) == ["abstract ok"])
    #expect(try await Captive.run(SandboxSpec(), "abstract", name).lines == ["abstract ECONNREFUSED"])
  }

  /// This machine's name where it can be looked up, and an address of it that is not of the loopback.
  private static func ownName() -> (name: String?, address: String?) {
    var buffer = [CChar](repeating: 0, count: 256)
    gethostname(&buffer, 255)
    let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let isKnown = (try? SocketAddress.makeAddressResolvingHost(name, port: 1)) != nil && (try? Endpoint(parsing: "\(name):1")) != nil
    let addresses = ((try? System.enumerateDevices()) ?? []).compactMap { $0.address?.ipAddress }
    let own = addresses.first { address in
      if case .v4 = InternetAddress(parsing: address), InternetAddress(parsing: address)?.isLoopback == false { true } else { false }
    }
    return (isKnown ? name : nil, own)
  }
}
