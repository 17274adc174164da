public import RopewalkConnector

/// What integration files are read against: where references are filled in from, and what this host has built in.
public struct IntegrationContext: Sendable {
  public var references: ReferenceResolver
  /// The connectors of this host; nil leaves `type` and `plugin` unchecked.
  public var connectors: [PluginMetadata]?
  /// The names of the built-in functions; nil leaves `function` unchecked.
  public var functions: [String]?
  /// Whether the files that `source` names must exist.
  public var requiresSourceFiles: Bool

  public init(
    references: ReferenceResolver = ReferenceResolver(),
    connectors: [PluginMetadata]? = nil,
    functions: [String]? = nil,
    requiresSourceFiles: Bool = true
  ) {
    self.references = references
    self.connectors = connectors
    self.functions = functions
    self.requiresSourceFiles = requiresSourceFiles
  }
}
