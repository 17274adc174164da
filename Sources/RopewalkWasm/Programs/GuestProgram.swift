import Logging
import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins
import Synchronization
import Wasmtime

/// What the instances of all customers of one step have in common.
final class GuestProgram: Sendable {
  let tenantID: String
  let integrationID: String
  let stepName: String
  let role: GuestRole
  /// The digest of the module, or of the script with everything it imports.
  let digest: CodeDigest
  let limits: LogicLimits
  /// `limits.timeout` in nanoseconds.
  let timeout: UInt64
  let capabilities: Set<Capability>
  let http: OutboundHTTP.Policy
  let settings: JSONObject
  let settingsText: [UInt8]
  /// Nil for modules that are no script.
  let script: GuestScript?
  let template: InstanceTemplate<GuestState>
  let engine: Engine
  let processLimits: WasmLimits
  let outbound: OutboundHTTP
  let schemas: SchemaCache
  /// Carries the integration and the step.
  let logger: Logger
  /// What an instance writes to while it sets itself up; nil until the first one has.
  let setUpPages = Mutex<WrittenPages?>(nil)

  init(
    step: WasmStep,
    digest: CodeDigest,
    script: GuestScript?,
    template: InstanceTemplate<GuestState>,
    host: GuestHost,
    role: GuestRole = .step
  ) {
    self.tenantID = step.tenantID
    self.integrationID = step.integrationID
    self.stepName = step.name
    self.role = role
    self.digest = digest
    self.limits = step.limits
    self.timeout = step.limits.timeout.wholeNanoseconds
    self.capabilities = step.capabilities
    self.http = step.http
    self.settings = step.settings
    self.settingsText = JSON.object(step.settings).serialised()
    self.script = script
    self.template = template
    self.engine = host.engine
    self.processLimits = host.limits
    self.outbound = host.outbound
    self.schemas = SchemaCache()
    var logger = host.logger
    switch role {
    case .step:
      logger[metadataKey: "ropewalk.integration"] = "\(step.integrationID)"
      logger[metadataKey: "ropewalk.step"] = "\(step.name)"
    case .controller: logger[metadataKey: "ropewalk.controller"] = "\(step.name)"
    }
    self.logger = logger
  }
}

extension GuestProgram {
  /// The guest as messages call it.
  var name: String {
    switch role {
    case .step: "step '\(stepName)'"
    case .controller: "controller '\(stepName)'"
    }
  }

  /// The function that a guest of this kind must have.
  var mainExport: String {
    if case .controller = role, script == nil { ControllerCall.metadata.rawValue } else { "ropewalk_process" }
  }
}

/// What a guest is run as.
enum GuestRole: Sendable {
  case step
  case controller(ControllerRole)
}

/// What guests are run by: one for a process.
struct GuestHost: Sendable {
  let engine: Engine
  let limits: WasmLimits
  let outbound: OutboundHTTP
  let logger: Logger
}
