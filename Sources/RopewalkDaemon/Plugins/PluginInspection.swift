package import RopewalkCore
package import RopewalkPlugins
import RopewalkWasm

/// What a plugin of logic is, and that it starts.
package struct PluginInspection: Sendable {
  private let logic: String
  /// Nil for scripts, which run in the JavaScript engine.
  private let module: GuestInspection?
  private let capabilities: Set<Capability>

  /// Inspects and starts it once.
  /// - Parameter capabilities: what it is granted; nil grants what its imports need.
  /// - Throws: `DiagnosticsError` or `RopewalkError` that says why it cannot be a step.
  package init(_ logic: String, capabilities: Set<Capability>?, in workspace: Workspace) async throws {
    try workspace.makeDataDirectory()
    self.logic = logic
    module = logic.hasSuffix(".wasm") ? try? GuestInspection(path: logic) : nil
    self.capabilities = capabilities ?? module?.capabilities ?? []
    let runtime = try workspace.makeWasmRuntime(outbound: .none)
    try await runtime.prepare(.alone(logic, capabilities: self.capabilities)).shutdown()
  }

  package var json: JSON {
    var object: JSONObject = [
      "logic": .string(logic),
      "runtime": .string(module == nil ? "javascript" : "wasm"),
      "capabilities": .array(capabilityNames.map { .string($0) }),
    ]
    if let module {
      object["bytes"] = .number(JSONNumber(module.size.bytes))
      object["initialMemoryBytes"] = .number(JSONNumber(module.initialMemory.bytes))
      object["imports"] = .array(module.imports.map { .string($0) })
      object["exports"] = .array(module.exports.map { .string($0) })
    }
    return .object(object)
  }

  package var text: String {
    var lines = ["logic         \(logic)", "runs in       \(module == nil ? "the JavaScript engine" : "WebAssembly, as it is")"]
    if let module {
      lines.append("size          \((module.size.bytes + 1023) / 1024) KiB")
      let most = module.maximumMemory.map { ", at most \($0)" } ?? ", grows to the step's memoryLimit"
      lines.append("memory        \(module.initialMemory) at the start\(most)")
      lines.append("imports       \(module.imports.isEmpty ? "nothing" : module.imports.joined(separator: "\n              "))")
    }
    lines.append("capabilities  \(capabilityNames.isEmpty ? "none" : capabilityNames.joined(separator: ", "))")
    lines.append("starts        yes")
    return lines.joined(separator: "\n")
  }

  private var capabilityNames: [String] { capabilities.map(\.rawValue).sorted() }
}
