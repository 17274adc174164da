import Foundation
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkNATS

@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(300)))
struct SecurityTests {
  @Test func publicKeyOfASeed() throws {
    #expect(try NKey(seedFile: "seed", contents: TestKeys.userSeed + "\n").publicKey == TestKeys.user)
    for wrong in ["", "SUXX", TestKeys.user, String(TestKeys.userSeed.dropLast()) + "A"] {
      let error = #expect(throws: RopewalkError.self) { try NKey(seedFile: "the-file", contents: wrong) }
      #expect(error?.message.contains("the-file") == true)
    }
  }

  @Test(arguments: ["authorization { token: \"let-me-in\" }", "authorization { user: us, password: \"let-me-in\" }"])
  func passwords(_ line: String) async throws {
    try await NATSServer.run(.init(lines: [line])) { server in
      let (right, wrong): (NATSOptions.Authentication, NATSOptions.Authentication) =
        line.contains("token")
        ? (.token(Secret("let-me-in")), .token(Secret("open-sesame")))
        : (.user("us", password: Secret("let-me-in")), .user("us", password: Secret("open-sesame")))
      try await Self.expect(right, at: server)
      for authentication in [wrong, .none] {
        let error = try await Self.failure(authentication, at: server)
        #expect(error.code == .natsDenied)
        #expect(error.message.contains(server.url))
        #expect(!error.description.contains("open-sesame"))
      }
    }
  }

  @Test func nkeys() async throws {
    try await NATSServer.run(.init(lines: ["authorization { users: [ { nkey: \(TestKeys.user) } ] }"])) { server in
      try await Self.expect(.nkey(seedFile: try server.file("user.nk", TestKeys.userSeed)), at: server)
      let error = try await Self.failure(.nkey(seedFile: try server.file("other.nk", TestKeys.otherSeed)), at: server)
      #expect(error.code == .natsDenied)
      #expect(error.message.contains("other.nk"))
      #expect(try await Self.failure(.nkey(seedFile: server.folder + "/none.nk"), at: server).code == .natsSettings)
    }
  }

  @Test func credentials() async throws {
    let lines = [
      "operator: \"\(TestKeys.operatorJWT)\"", "resolver: MEMORY", "system_account: \(TestKeys.systemAccount)",
      "resolver_preload: { \(TestKeys.account): \"\(TestKeys.accountJWT)\", \(TestKeys.systemAccount): \"\(TestKeys.systemAccountJWT)\" }",
    ]
    try await NATSServer.run(.init(lines: lines)) { server in
      try await Self.expect(.credentials(file: try server.file("user.creds", TestKeys.credentials)), at: server)
      let forged = TestKeys.credentials.replacingOccurrences(of: TestKeys.userSeed, with: TestKeys.otherSeed)
      #expect(try await Self.failure(.credentials(file: try server.file("forged.creds", forged)), at: server).code == .natsDenied)
      #expect(try await Self.failure(.credentials(file: try server.file("empty.creds", "")), at: server).code == .natsSettings)
    }
  }

  @Test func tls() async throws {
    try await Self.withCertificate { certificate, key in
      let line = "tls { cert_file: \"\(certificate)\", key_file: \"\(key)\", ca_file: \"\(certificate)\", verify: true }"
      try await NATSServer.run(.init(lines: [line], scheme: "tls")) { server in
        var options = NATSOptions(servers: [server.url], tls: .init(authorities: certificate, certificate: certificate, key: key))
        try await JetStream(NATSConnection.connect(options)).connection.close()
        // Ours is not shown.
        options.tls = .init(authorities: certificate)
        await #expect(throws: RopewalkError.self) { try await JetStream(NATSConnection.connect(options)) }
        // Its authority is not known.
        options.tls = .init()
        let error = await #expect(throws: RopewalkError.self) { try await NATSConnection.connect(options) }
        #expect(error?.code == .natsTLS, "\(String(describing: error))")
        options.tls = .init(authorities: server.folder + "/server.conf")
        #expect(await #expect(throws: RopewalkError.self) { try await NATSConnection.connect(options) }?.code == .natsSettings)
        options.tls = .init(authorities: certificate, certificate: certificate)
        #expect(await #expect(throws: RopewalkError.self) { try await NATSConnection.connect(options) }?.code == .natsSettings)
      }
    }
  }

  /// `Deploy/nats-server.conf`, with what it leaves to the operator, syncs each message and serves whoever has the key alone.
  @Test func theConfigurationThatIsShipped() async throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let shipped = try String(contentsOf: root.appendingPathComponent("Deploy/nats-server.conf"), encoding: .utf8)
    #expect(shipped.contains("\n  sync_interval: always\n"))
    try await Self.withCertificate { certificate, key in
      var configuration = NATSServer.Configuration(scheme: "tls")
      configuration.text = { port, folder in
        let places = [
          ("0.0.0.0:4222", "127.0.0.1:\(port)"), ("/var/lib/nats", folder + "/store"), ("/etc/nats/certificate.pem", certificate),
          ("/etc/nats/key.pem", key), ("UREPLACE_WITH_THE_PUBLIC_KEY", TestKeys.user),
        ]
        return places.reduce(shipped) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
      }
      try await NATSServer.run(configuration) { server in
        var options = NATSOptions(servers: [server.url], tls: .init(authorities: certificate))
        let stranger = await #expect(throws: RopewalkError.self) { try await NATSConnection.connect(options) }
        #expect(stranger?.code == .natsDenied, "\(String(describing: stranger))")
        options.authentication = .nkey(seedFile: try server.file("user.nk", TestKeys.userSeed))
        let journal = try await JetStreamJournal.open(NATSConnection.connect(options), tenant: "t", logger: .quiet)
        defer { journal.close() }
        var large = Cluster.entry("large")
        large.message.payload = [UInt8](repeating: 7, count: 3 << 20)
        _ = try await journal.append([Cluster.entry("small"), large])
        let ledger = try await journal.ledger()
        #expect(ledger.map(\.accepted) == [2])
      }
    }
  }

  @Test func serversThatCannotBeUsed() async throws {
    for servers in [[], ["nats://us:let-me-in@127.0.0.1:1"]] {
      let error = await #expect(throws: RopewalkError.self) { try await NATSConnection.connect(NATSOptions(servers: servers)) }
      #expect(error?.code == .natsSettings, "\(String(describing: error))")
      #expect(error?.description.contains("let-me-in") == false)
    }
    let nobody = await #expect(throws: RopewalkError.self) {
      try await NATSConnection.connect(NATSOptions(servers: ["nats://127.0.0.1:1"]))
    }
    #expect(nobody?.code == .natsUnreachable)
    try await NATSServer.run(.init(jetStream: false)) { server in
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      let error = await #expect(throws: RopewalkError.self) { try await JetStream(connection) }
      #expect(error?.code == .jetStreamAbsent)
      connection.close()
    }
  }

  /// Older servers do not say what level of the interface they speak.
  @Test(arguments: [#"{"api":{"total":7,"errors":0}}"#, #"{"api":{"level":0,"total":7,"errors":0}}"#, "{}"])
  func serversThatAreTooOld(answer: String) async throws {
    try await NATSServer.run(.init(jetStream: false)) { server in
      let stub = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      defer { stub.close() }
      let subscription = try stub.subscribe("$JS.API.INFO") { question in
        if let reply = question.reply { try? stub.publish(NATSOutgoing(reply, payload: Array(answer.utf8))) }
      }
      defer { subscription.cancel() }
      // Once this is answered, the server knows of the subscription.
      try await stub.request(NATSOutgoing("$JS.API.INFO")) { _ in }
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      defer { connection.close() }
      let error = await #expect(throws: RopewalkError.self) { try await JetStream(connection) }
      #expect(error?.code == .jetStreamTooOld, "\(String(describing: error))")
      #expect(error?.message.contains(server.url) == true && error?.message.contains("2.11") == true)
    }
  }

  @Test func streamsConfiguredOtherwise() async throws {
    try await NATSServer.run { server in
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      defer { connection.close() }
      let jetStream = try await JetStream(connection)
      var config = TenantNames(tenant: "t").streams(.init())[0].json.object ?? JSONObject()
      config["discard"] = "old"
      config["discard_new_per_subject"] = false
      config["max_age"] = 3_600_000_000_000
      _ = try await jetStream.ask("STREAM.CREATE.ropewalk-t-accepted", .object(config))
      let error = await #expect(throws: RopewalkError.self) {
        try await JetStreamJournal.open(connection, tenant: "t", logger: .quiet)
      }
      #expect(error?.code == .jetStreamConflict)
      #expect(error?.message.contains("discard is \"old\" and must be \"new\"") == true, "\(String(describing: error))")
      #expect(error?.message.contains("max_age") == true)
      // The other streams' limits are the operator's.
      config["discard"] = "new"
      config["discard_new_per_subject"] = true
      config["max_age"] = 0
      config["max_msgs"] = 7
      config["max_msgs_per_subject"] = 3
      _ = try await jetStream.ask("STREAM.UPDATE.ropewalk-t-accepted", .object(config))
      _ = try await JetStreamJournal.open(connection, tenant: "t", logger: .quiet)
    }
  }

  private static func expect(_ authentication: NATSOptions.Authentication, at server: NATSServer) async throws {
    let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url], authentication: authentication))
    _ = try await JetStream(connection)
    connection.close()
  }

  private static func failure(_ authentication: NATSOptions.Authentication, at server: NATSServer) async throws -> RopewalkError {
    try #require(
      await #expect(throws: RopewalkError.self) {
        try await NATSConnection.connect(NATSOptions(servers: [server.url], authentication: authentication))
      }
    )
  }

  /// A certificate for 127.0.0.1 that signs itself, and its key.
  private static func withCertificate(_ body: (_ certificate: String, _ key: String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-tls-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
      "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out", folder + "/certificate.pem",
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try await body(folder + "/certificate.pem", folder + "/key.pem")
  }
}
