import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import RopewalkWasm
import Synchronization

/// The WASM runtime of a process, made when the first step needs it: integrations without guests do not pay for it.
final class GuestRuntime: Sendable {
  private let workspace: Workspace
  private let outbound: OutboundHTTP
  private let keepsVersions: Bool
  private let runtime = Mutex<WasmRuntime?>(nil)

  init(_ workspace: Workspace, outbound: OutboundHTTP, keepsVersions: Bool) {
    self.workspace = workspace
    self.outbound = outbound
    self.keepsVersions = keepsVersions
  }

  /// Makes the logic of a step of `type: wasm`.
  /// - Throws: `DiagnosticsError` for what is wrong in the user's code, `RopewalkError` when something is missing here.
  func node(for step: StepSpec, of integration: Integration) async throws -> WasmLogicNode {
    try await shared().prepare(WasmStep(step, of: integration))
  }

  /// Makes it with code that was kept; nil when that is not there.
  func node(for step: StepSpec, of integration: Integration, digest: CodeDigest) async throws -> WasmLogicNode? {
    try await shared().prepare(WasmStep(step, of: integration), digest: digest)
  }

  func shared() throws -> WasmRuntime {
    try runtime.withLock { runtime in
      if let runtime { return runtime }
      let made = try workspace.makeWasmRuntime(outbound: outbound, keepsVersions: keepsVersions)
      runtime = made
      return made
    }
  }
}
