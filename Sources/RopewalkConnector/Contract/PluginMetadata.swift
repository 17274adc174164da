public import RopewalkCore

/// What a connector says about itself.
public struct PluginMetadata: Sendable, Equatable {
  public enum Capability: String, Sendable, CaseIterable {
    case bidirectional, retryable, batching, streaming, tls, mtls
    /// One process may serve connections with different credentials.
    case sharedProcess = "shared-process"
  }

  public var id: String
  public var name: String
  /// A semantic version.
  public var version: String
  /// The version of the connector contract that it was written for; see ``ConnectorProtocol/version``.
  public var protocolVersion: Int
  /// The `type` words of integration files that this connector answers to.
  public var supportedTypes: [String]
  public var description: String
  public var author: String
  public var documentation: String
  public var capabilities: Set<Capability>
  /// JSON Schema (2020-12) of the `config` map.
  public var configSchema: JSON

  public init(
    id: String,
    name: String,
    version: String = "1.0.0",
    protocolVersion: Int = 1,
    supportedTypes: [String],
    description: String,
    author: String = "Ropewalk",
    documentation: String = "",
    capabilities: Set<Capability> = [],
    configSchema: JSON = .object(JSONObject())
  ) {
    self.id = id
    self.name = name
    self.version = version
    self.protocolVersion = protocolVersion
    self.supportedTypes = supportedTypes
    self.description = description
    self.author = author
    self.documentation = documentation
    self.capabilities = capabilities
    self.configSchema = configSchema
  }
}
