/// The environment variables of the protocol.
enum EnvironmentName {
  static let protocolVersions = "PLUGIN_PROTOCOL_VERSIONS"
  static let clientCertificate = "PLUGIN_CLIENT_CERT"
  static let minimumPort = "PLUGIN_MIN_PORT"
  static let maximumPort = "PLUGIN_MAX_PORT"
  static let socketDirectory = "PLUGIN_UNIX_SOCKET_DIR"
  static let temporaryDirectory = "TMPDIR"
  static let multiplexing = "PLUGIN_MULTIPLEX_GRPC"
}
