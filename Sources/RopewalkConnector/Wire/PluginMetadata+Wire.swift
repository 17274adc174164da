import RopewalkCore

extension WirePluginMetadata {
  init(_ metadata: PluginMetadata) {
    self.init()
    id = metadata.id
    name = metadata.name
    version = metadata.version
    protocolVersion = Int32(clamping: metadata.protocolVersion)
    supportedTypes = metadata.supportedTypes
    description_p = metadata.description
    author = metadata.author
    documentation = metadata.documentation
    capabilities = metadata.capabilities.map(\.rawValue).sorted()
    configSchema = metadata.configSchema.text()
  }
}

extension PluginMetadata {
  /// Words that are not known are left out. Throws `protocolViolation` when the schema of the settings is not JSON.
  init(wire: WirePluginMetadata) throws(ConnectionError) {
    let schema: JSON
    do {
      schema = try JSON.parse(wire.configSchema.isEmpty ? "{}" : wire.configSchema)
    } catch {
      throw ConnectionError(.protocolViolation, "the schema of the connector's settings is \(error); mend it in the connector's metadata")
    }
    self.init(
      id: wire.id,
      name: wire.name,
      version: wire.version,
      protocolVersion: Int(wire.protocolVersion),
      supportedTypes: wire.supportedTypes,
      description: wire.description_p,
      author: wire.author,
      documentation: wire.documentation,
      capabilities: Set(wire.capabilities.compactMap { Capability(rawValue: $0) }),
      configSchema: schema
    )
  }
}
