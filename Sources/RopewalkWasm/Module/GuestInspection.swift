package import RopewalkCore
package import RopewalkPlugins
import SystemPackage

/// What a `.wasm` module of logic shows on its outside.
package struct GuestInspection: Sendable {
  package let size: ByteCount
  /// Linear memory at the start, and the most it may grow to by its own declaration.
  package let initialMemory: ByteCount
  package let maximumMemory: ByteCount?
  /// `module.name`, in the module's order.
  package let imports: [String]
  package let exports: [String]
  /// What the imports need to be granted.
  package let capabilities: Set<Capability>

  /// - Throws: ``RopewalkError`` when the file cannot be read or is not a module.
  package init(path: String) throws(RopewalkError) {
    let bytes = try FilePath(path).contents(limit: WasmLimits().moduleSize)
    let outline: ModuleOutline
    do {
      outline = try ModuleReader.outline(of: bytes)
    } catch {
      throw RopewalkError(.moduleUnreadable, "'\(path)' is not a WASM module that can be read: \(error)")
    }
    size = ByteCount(bytes.count)
    initialMemory = ByteCount(outline.memories.reduce(0) { $0 + Int(clamping: $1.minimumPages) * ModuleOutline.MemoryType.pageSize })
    maximumMemory = outline.memories.first?.maximumPages.map { ByteCount(Int(clamping: $0) * ModuleOutline.MemoryType.pageSize) }
    imports = outline.imports.map { "\($0.module).\($0.name)" }
    exports = outline.exports.map(\.name)
    capabilities = Set(
      outline.imports.filter { $0.module == HostFunction.module }.compactMap { HostFunction(rawValue: $0.name)?.capability }
    )
  }
}

extension ErrorCode {
  static let moduleUnreadable = ErrorCode("module.unreadable", .invalid)
}
