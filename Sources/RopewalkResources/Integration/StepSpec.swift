public import RopewalkCore
public import RopewalkPlugins

/// One converter or filter.
public struct StepSpec: Sendable {
  public enum Kind: String, Sendable { case converter, filter }

  public enum Logic: Sendable, Equatable {
    /// `type: wasm` with `source:` a file that ends in `.ts`, `.js`, `.mjs` or `.wasm`; absolute, or relative to the integration file's folder, already resolved.
    case file(String)
    /// `type: wasm` with `inline:` TypeScript.
    case inline(String, at: SourceMark?)
    /// `type: function` with `function:` the name of a built-in one, such as `xml-to-json`.
    case function(String)
  }

  /// Unique within the integration: `converter-1`, `filter-2` … by place, unless the file names one.
  public var name: String
  public var kind: Kind
  public var logic: Logic
  public var limits: LogicLimits
  public var capabilities: Set<Capability>
  /// What `HTTPCall` may reach; counts only where it is granted.
  public var http: OutboundHTTP.Policy
  /// What the logic itself is configured with: `config.settings`.
  public var settings: JSONObject
  /// The place of everything in the step, by path such as `["source"]` or `["config", "timeout"]`.
  public var places: SettingPlaces

  public init(
    name: String,
    kind: Kind,
    logic: Logic,
    limits: LogicLimits = LogicLimits(),
    capabilities: Set<Capability> = [],
    http: OutboundHTTP.Policy = OutboundHTTP.Policy(),
    settings: JSONObject = JSONObject(),
    places: SettingPlaces = SettingPlaces()
  ) {
    self.name = name
    self.kind = kind
    self.logic = logic
    self.limits = limits
    self.capabilities = capabilities
    self.http = http
    self.settings = settings
    self.places = places
  }
}
