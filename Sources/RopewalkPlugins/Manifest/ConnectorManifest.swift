/// What a connector for a process of its own says about itself in `ropewalk-plugin.yaml`, with `contract: connector`.
public struct ConnectorManifest: Sendable, Equatable {
  public var name: String
  public var version: SemanticVersion
  /// The program and its arguments; paths are already resolved against the manifest's folder.
  public var command: [String]
  public var description: String

  public init(name: String, version: SemanticVersion, command: [String], description: String = "") {
    self.name = name
    self.version = version
    self.command = command
    self.description = description
  }
}
