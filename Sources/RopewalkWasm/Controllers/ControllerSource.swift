package import RopewalkCore
package import RopewalkPlugins

/// A controller as it was declared: what is needed to make a ``WasmController`` of it.
package struct ControllerSource: Sendable {
  package var name: String
  /// A `.wasm` module, or a `.ts`, `.js` or `.mjs` script.
  package var path: String
  /// What `initialize` is given.
  package var settings: JSONObject
  package var limits: ControllerLimits
  /// What of the host it may use beside its client, such as `HTTPCall`.
  package var capabilities: Set<Capability>
  package var http: OutboundHTTP.Policy
  /// Where the path is named.
  package var mark: SourceMark?
  package var field: String

  package init(
    name: String,
    path: String,
    settings: JSONObject = JSONObject(),
    limits: ControllerLimits = ControllerLimits(),
    capabilities: Set<Capability> = [.log],
    http: OutboundHTTP.Policy = OutboundHTTP.Policy(),
    mark: SourceMark? = nil,
    field: String = "path"
  ) {
    self.name = name
    self.path = path
    self.settings = settings
    self.limits = limits
    self.capabilities = capabilities
    self.http = http
    self.mark = mark
    self.field = field
  }

  /// The same for what makes programs of sources.
  func step(_ logic: WasmStep.Logic, folder: String) -> WasmStep {
    WasmStep(
      tenantID: "",
      integrationID: "controllers",
      name: name,
      logic: logic,
      limits: LogicLimits(
        timeout: limits.timeout,
        memoryLimit: limits.memoryLimit,
        cpuWeight: limits.cpuWeight,
        maxOutputSize: limits.answerSize
      ),
      capabilities: capabilities,
      http: http,
      settings: settings,
      folder: folder,
      mark: mark,
      field: field
    )
  }
}
