import Logging
import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins
import Wasmtime

/// What the instances of all customers of one step have in common.
final class GuestProgram: Sendable {
  let tenantID: String
  let integrationID: String
  let stepName: String
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

  init(step: WasmStep, digest: CodeDigest, script: GuestScript?, template: InstanceTemplate<GuestState>, host: GuestHost) {
    self.tenantID = step.tenantID
    self.integrationID = step.integrationID
    self.stepName = step.name
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
    logger[metadataKey: "ropewalk.integration"] = "\(step.integrationID)"
    logger[metadataKey: "ropewalk.step"] = "\(step.name)"
    self.logger = logger
  }
}

/// What guests are run by: one for a process.
struct GuestHost: Sendable {
  let engine: Engine
  let limits: WasmLimits
  let outbound: OutboundHTTP
  let logger: Logger
}
