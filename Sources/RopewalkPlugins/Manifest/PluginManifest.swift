/// What a plugin says about itself in `ropewalk-plugin.yaml`, beside its source.
public struct PluginManifest: Sendable, Equatable {
  /// What the plugin does. Services come with later versions.
  public enum Contract: String, Sendable, CaseIterable { case logic, controller, connector }

  /// What its logic is for.
  public enum Kind: String, Sendable, CaseIterable { case filter, converter }

  public enum Language: String, Sendable, CaseIterable { case typescript, javascript, swift, c, rust, go, python }

  public var name: String
  public var contract: Contract
  /// Of logic; nil for all else.
  public var kind: Kind?
  /// Nil for a connector that is only run, not built.
  public var language: Language?
  public var version: SemanticVersion
  /// The source file or folder, already resolved against the manifest's folder; nil as `language` is.
  public var source: String?
  /// What building makes, already resolved: a WASM file, or a connector's program. Nil for the scripting languages, which
  /// need none, and for a connector that a command starts.
  public var artifact: String?
  /// What starts a connector: the program and its arguments, paths already resolved; empty for all else.
  public var command: [String]
  /// What it asks for. The integration decides what it is granted.
  public var capabilities: Set<Capability>
  public var description: String

  public init(
    name: String,
    contract: Contract = .logic,
    kind: Kind?,
    language: Language?,
    version: SemanticVersion,
    source: String?,
    artifact: String? = nil,
    command: [String] = [],
    capabilities: Set<Capability> = [],
    description: String = ""
  ) {
    self.name = name
    self.contract = contract
    self.kind = kind
    self.language = language
    self.version = version
    self.source = source
    self.artifact = artifact
    self.command = command
    self.capabilities = capabilities
    self.description = description
  }
}

extension PluginManifest.Contract {
  /// In which languages such a plugin can be written.
  public var languages: [PluginManifest.Language] {
    switch self {
    case .logic: [.typescript, .javascript, .swift, .c, .rust, .go]
    case .controller: [.typescript, .javascript, .swift, .rust, .go]
    case .connector: [.swift, .go, .python]
    }
  }
}

extension PluginManifest.Language {
  /// Whether the source is run as it is by the JavaScript engine, without being built to WASM first.
  public var isScript: Bool { self == .typescript || self == .javascript }
}
