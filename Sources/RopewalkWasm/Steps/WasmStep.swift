package import RopewalkCore
package import RopewalkPlugins

/// A step of `type: wasm` as the integration declares it: what is needed to make a ``WasmLogicNode`` of it.
package struct WasmStep: Sendable {
  package enum Logic: Sendable, Equatable {
    /// A `.wasm` module, or a `.ts`, `.js` or `.mjs` script.
    case file(String)
    /// TypeScript; the mark is the place of its first character in the integration's file.
    case inline(String, at: SourceMark?)
  }

  package var tenantID: String
  package var integrationID: String
  /// The step's name within the integration.
  package var name: String
  package var logic: Logic
  package var limits: LogicLimits
  package var capabilities: Set<Capability>
  package var http: OutboundHTTP.Policy
  package var settings: JSONObject
  /// The folder that the integration's file lies in: scripts may import from it and what is below it.
  package var folder: String
  /// Where the logic is named in the integration's file.
  package var mark: SourceMark?
  /// The field there, such as `spec.steps[0].converter.source`.
  package var field: String

  package init(
    tenantID: String,
    integrationID: String,
    name: String,
    logic: Logic,
    limits: LogicLimits = LogicLimits(),
    capabilities: Set<Capability> = [],
    http: OutboundHTTP.Policy = OutboundHTTP.Policy(),
    settings: JSONObject = JSONObject(),
    folder: String = ".",
    mark: SourceMark? = nil,
    field: String = ""
  ) {
    self.tenantID = tenantID
    self.integrationID = integrationID
    self.name = name
    self.logic = logic
    self.limits = limits
    self.capabilities = capabilities
    self.http = http
    self.settings = settings
    self.folder = folder
    self.mark = mark
    self.field = field
  }
}
