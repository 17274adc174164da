import RopewalkCore
import RopewalkPlugins
import SystemPackage
import Wasmtime

extension WasmRuntime {
  /// Makes a controller ready: reads, bundles, checks and compiles its code, and asks it for its metadata. Nothing is
  /// initialised yet.
  /// - Parameter client: answers what it asks of objects.
  /// - Throws: ``DiagnosticsError`` for what is wrong with its code, with places; ``RopewalkError`` for everything else.
  package func prepare(_ source: ControllerSource, client: GuestClient) async throws -> (
    controller: WasmController, metadata: ControllerMetadata
  ) {
    let role = GuestRole.controller(ControllerRole(client: client, limits: source.limits))
    let path = FilePath(source.path)
    let program: GuestProgram
    if path.extension == "wasm" {
      let step = source.step(.file(source.path), folder: path.removingLastComponent().string)
      try checkLimits(step)
      program = try await moduleProgram(
        step,
        source.path,
        try moduleBytes(step, path),
        role: role,
        initialMemory: source.limits.initialMemory
      )
    } else {
      program = try await scriptProgram(of: source, role: role)
    }
    let controller = WasmController(program, limits: source.limits, pool: pool, scheduler: scheduler, number: WasmLogicNode.nextNumber())
    do {
      let answer = try await controller.call(.metadata, [:], in: .inspection)
      return (controller, try ControllerMetadata(answer, of: source.name))
    } catch {
      controller.shutdown()
      throw DiagnosticsError([
        Diagnostic(at: source.mark, field: source.field, "the controller '\(source.name)' does not start: \(error.message)")
      ])
    }
  }

  private func scriptProgram(of source: ControllerSource, role: GuestRole) async throws -> GuestProgram {
    // Reports a file that is not there, with its place.
    let file = try ScriptSource(source.step(.file(source.path), folder: FilePath(source.path).removingLastComponent().string))
    guard case .file(let path) = file.text, let name = path.lastComponent?.string else {
      throw RopewalkError(.wasmEngine, "'\(source.path)' names no file")
    }
    let step = source.step(
      .inline(ControllerScript.entry(for: name), at: nil),
      folder: path.removingLastComponent().string
    )
    try checkLimits(step)
    let script = try ScriptSource(step)
    return try await scriptProgram(step, try await bundler.bundle(script), script, role: role)
  }
}
