import NIOSSL

/// What a plugin makes of the environment it is started in.
struct ServerStart: Sendable {
  let protocolVersion: Int
  let trust: Trust
  let socketDirectory: String
  /// The host wants the broker's connections inside the one that it makes.
  let isMultiplexed: Bool

  /// Throws `notStartedByHost` or `invalidConfiguration`.
  init(_ configuration: PluginServerConfiguration, environment: [String: String]) throws {
    guard environment[configuration.cookie.key] == configuration.cookie.value, !configuration.cookie.value.isEmpty else {
      throw GoPluginError(.notStartedByHost, "this program is a plugin and is to be started by its host, not by hand")
    }
    guard
      let version = ProtocolVersions.choose(from: configuration.protocolVersions, offered: environment[EnvironmentName.protocolVersions])
    else {
      throw GoPluginError(.invalidConfiguration, "a plugin must speak at least one protocol version")
    }
    protocolVersion = version
    if let pem = environment[EnvironmentName.clientCertificate], !pem.isEmpty {
      guard let peer = try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)).first else {
        throw GoPluginError(.invalidConfiguration, "the certificate in \(EnvironmentName.clientCertificate) cannot be read")
      }
      trust = .mutual(own: try EphemeralIdentity(), peer: peer)
    } else {
      trust = .plaintext
    }
    // The words that go-plugin takes for yes.
    isMultiplexed = ["1", "t", "T", "true", "True", "TRUE"].contains(environment[EnvironmentName.multiplexing])
    socketDirectory =
      [EnvironmentName.socketDirectory, EnvironmentName.temporaryDirectory]
      .compactMap { environment[$0] }.first { !$0.isEmpty } ?? "/tmp"
  }

  func handshake(at address: PluginAddress) -> HandshakeLine {
    var handshake = HandshakeLine(protocolVersion: protocolVersion, address: address, supportsMultiplexing: isMultiplexed)
    if case .mutual(let own, _) = trust { handshake.certificate = own.certificateDER }
    return handshake
  }
}
