import CNATS
import FoundationEssentials
import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The library's form of ``NATSOptions``.
final class NATSSettings {
  let handle: OpaquePointer

  /// - Throws: `nats.settings.invalid` for what cannot be used, naming the file or the server.
  init(_ options: NATSOptions, _ events: NATSConnectionEvents) throws {
    var handle: OpaquePointer?
    try natsOptions_Create(&handle).check("the NATS library cannot be used")
    guard let handle else { throw RopewalkError(.natsFailed, "the NATS library cannot be used") }
    self.handle = handle
    try setServers(options)
    try setAuthentication(options.authentication)
    try setTLS(options)
    setLimits(options.limits)
    setCallbacks(events)
  }

  deinit {
    natsOptions_Destroy(handle)
  }

  private func setServers(_ options: NATSOptions) throws(RopewalkError) {
    guard !options.servers.isEmpty else { throw RopewalkError(.natsSettings, "no NATS server is named") }
    for server in options.servers where server.contains("@") {
      let place = server[server.index(after: server.lastIndex(of: "@") ?? server.startIndex)...]
      throw RopewalkError(.natsSettings, "the URL of the NATS server \(place) has a user in it; name a file with the credentials instead")
    }
    var pointers: [UnsafePointer<CChar>?] = options.servers.map { UnsafePointer(strdup($0)) }
    defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
    let status = natsOptions_SetServers(handle, &pointers, CInt(pointers.count))
    guard status == NATS_OK else {
      throw RopewalkError(
        .natsSettings,
        "'\(options.servers.joined(separator: ", "))' is no NATS server: \(status.text); write nats://host:4222"
      )
    }
    natsOptions_SetName(handle, options.name)
  }

  private func setAuthentication(_ authentication: NATSOptions.Authentication) throws {
    switch authentication {
    case .none: break
    case .token(let token): natsOptions_SetToken(handle, token.reveal())
    case .user(let name, let password): natsOptions_SetUserInfo(handle, name, password.reveal())
    case .nkey(let file):
      let key = try NKey(seedFile: file, contents: Self.read(file))
      natsOptions_SetNKeyFromSeed(handle, key.publicKey, file)
    case .credentials(let file):
      let contents = try Self.read(file)
      guard contents.contains("BEGIN NATS USER JWT") else {
        throw RopewalkError(.natsSettings, "\(file) is no NATS credentials file: it has no user JWT in it")
      }
      natsOptions_SetUserCredentialsFromFiles(handle, file, nil)
    }
  }

  private func setTLS(_ options: NATSOptions) throws {
    guard let tls = options.tls else {
      if options.servers.contains(where: { $0.hasPrefix("tls://") }) { natsOptions_SetSecure(handle, true) }
      return
    }
    try natsOptions_SetSecure(handle, true).check("TLS cannot be used")
    if let file = tls.authorities {
      _ = try Self.read(file)
      guard natsOptions_LoadCATrustedCertificates(handle, file) == NATS_OK else {
        throw RopewalkError(.natsSettings, "\(file) holds no certificates in PEM")
      }
    }
    if let certificate = tls.certificate {
      guard let key = tls.key else { throw RopewalkError(.natsSettings, "the certificate \(certificate) needs its key beside it") }
      _ = (try Self.read(certificate), try Self.read(key))
      guard natsOptions_LoadCertificatesChain(handle, certificate, key) == NATS_OK else {
        throw RopewalkError(.natsSettings, "\(certificate) and \(key) are not a certificate in PEM and its key")
      }
    }
  }

  private func setLimits(_ limits: NATSOptions.Limits) {
    natsOptions_SetTimeout(handle, limits.connectTimeout.milliseconds)
    natsOptions_SetAllowReconnect(handle, true)
    natsOptions_SetMaxReconnect(handle, CInt.max)
    natsOptions_SetReconnectWait(handle, limits.reconnectWait.milliseconds)
    natsOptions_SetReconnectJitter(handle, limits.reconnectWait.milliseconds / 5, limits.reconnectWait.milliseconds / 5)
    // A dead peer is noticed within half a minute.
    natsOptions_SetPingInterval(handle, 10_000)
    natsOptions_SetMaxPingsOut(handle, 2)
    natsOptions_SetIOBufSize(handle, 128 * 1024)
  }

  private func setCallbacks(_ events: NATSConnectionEvents) {
    // Released when the connection is closed, which the library tells last; one that never came about keeps it.
    let context = Unmanaged.passRetained(events).toOpaque()
    natsOptions_SetDisconnectedCB(handle, { _, context in NATSSettings.events(context)?.disconnected() }, context)
    natsOptions_SetReconnectedCB(handle, { _, context in NATSSettings.events(context)?.reconnected() }, context)
    natsOptions_SetClosedCB(
      handle,
      { _, context in
        NATSSettings.events(context)?.closed()
        if let context { Unmanaged<NATSConnectionEvents>.fromOpaque(context).release() }
      },
      context
    )
    // Without one, the library writes to standard error.
    natsOptions_SetErrorHandler(handle, { _, _, _, _ in }, nil)
  }

  private static func events(_ context: UnsafeMutableRawPointer?) -> NATSConnectionEvents? {
    context.map { Unmanaged<NATSConnectionEvents>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func read(_ file: String) throws(RopewalkError) -> String {
    do {
      return try String(contentsOfFile: file, encoding: .utf8)
    } catch {
      throw RopewalkError(.natsSettings, "\(file) cannot be read; check the path and its permissions", cause: error)
    }
  }
}

extension Duration {
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }

  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
