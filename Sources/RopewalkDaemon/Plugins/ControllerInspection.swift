package import RopewalkCore
import RopewalkResources
import RopewalkWasm

/// What a controller says about itself, and that it starts.
package struct ControllerInspection: Sendable {
  private let program: String
  private let metadata: ControllerMetadata
  /// Nil for scripts, which run in the JavaScript engine.
  private let module: GuestInspection?

  /// Starts it once; it reaches no object.
  /// - Throws: `DiagnosticsError` or `RopewalkError` that says why it cannot be a controller.
  package init(_ program: String, name: String, in workspace: Workspace) async throws {
    try workspace.makeDataDirectory()
    self.program = program
    module = program.hasSuffix(".wasm") ? try GuestInspection(path: program) : nil
    let runtime = try workspace.makeWasmRuntime(outbound: .none)
    let nothing = GuestClient { _ in .refused(GuestClient.refusal("client.denied", "it is only looked at")) }
    let (controller, metadata) = try await runtime.prepare(ControllerSource(name: name, path: program), client: nothing)
    controller.shutdown()
    self.metadata = metadata
  }

  private var kinds: [String] { metadata.kinds.map(\.description).sorted() }
  private var capabilities: [String] { metadata.capabilities.map(\.rawValue).sorted() }

  package var json: JSON {
    var object: JSONObject = [
      "controller": .string(program),
      "runtime": .string(module == nil ? "javascript" : "wasm"),
      "name": .string(metadata.name),
      "version": .string(metadata.version),
      "kinds": .array(kinds.map { .string($0) }),
      "capabilities": .array(capabilities.map { .string($0) }),
    ]
    if let module { object["bytes"] = .number(JSONNumber(module.size.bytes)) }
    return .object(object)
  }

  package var text: String {
    var lines = [
      "controller    \(metadata.name) \(metadata.version)",
      "program       \(program)",
      "runs in       \(module == nil ? "the JavaScript engine" : "WebAssembly, as it is")",
    ]
    if let module { lines.append("size          \((module.size.bytes + 1023) / 1024) KiB") }
    lines.append("kinds         \(kinds.isEmpty ? "none; its declaration names them" : kinds.joined(separator: ", "))")
    lines.append("capabilities  \(capabilities.isEmpty ? "none" : capabilities.joined(separator: ", "))")
    lines.append("starts        yes")
    return lines.joined(separator: "\n")
  }
}
