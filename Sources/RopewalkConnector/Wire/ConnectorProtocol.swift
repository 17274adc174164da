package import GoPlugin

/// What a host and a connector in a process of its own agree on before they speak.
public enum ConnectorProtocol {
  /// The version of the connector contract that this library speaks, both ways. A connector for a newer one is not used;
  /// one for an older one is, with a warning.
  public static let version = 1

  /// go-plugin's magic cookie: tells a program that it was started as a connector, and by hand otherwise. Not a secret.
  package static let cookie = Cookie(key: "ROPEWALK_CONNECTOR_PLUGIN", value: "3b7f0c2e9d4a4f6f8f6a0d1f5c2e7b91")

  /// go-plugin's versions of the application protocol. They name what is served at all, the services of
  /// `ropewalk.connector.v1`; what of it a connector was written for is its metadata's `protocol_version`.
  package static let handshakeVersions: Set<Int> = [1]
}
