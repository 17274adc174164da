import CWasmtime

/// Compiled code, shared by any number of instances and threads.
public final class Module: Sendable {
  public let engine: Engine
  public let imports: [ImportDescription]
  public let exports: [ExportDescription]
  nonisolated(unsafe) let pointer: OpaquePointer

  /// Compiles a module, which takes about a second for a megabyte on one core.
  ///
  /// Throws `invalidModule` for what is not a module, is cut short, uses a feature that is off, or declares a memory or
  /// table beyond the engine's limits.
  public convenience init(engine: Engine, bytes: [UInt8]) throws(WasmtimeError) {
    var module: OpaquePointer?
    if let error = wasmtime_module_new(engine.pointer, bytes, bytes.count, &module) {
      throw WasmtimeError(.invalidModule, taking: error)
    }
    self.init(engine: engine, taking: module!)
  }

  init(engine: Engine, taking pointer: OpaquePointer) {
    self.engine = engine
    self.pointer = pointer
    imports = Self.readImports(pointer)
    exports = Self.readExports(pointer)
  }

  deinit {
    wasmtime_module_delete(pointer)
  }

  /// Throws what `init(engine:bytes:)` would throw about the bytes themselves, without compiling them.
  public static func validate(_ bytes: [UInt8], engine: Engine) throws(WasmtimeError) {
    if let error = wasmtime_module_validate(engine.pointer, bytes, bytes.count) {
      throw WasmtimeError(.invalidModule, taking: error)
    }
  }

  public func export(named name: String) -> ExternType? {
    exports.first { $0.name == name }?.type
  }

  private static func readImports(_ module: OpaquePointer) -> [ImportDescription] {
    var list = wasm_importtype_vec_t()
    wasmtime_module_imports(module, &list)
    defer { wasm_importtype_vec_delete(&list) }
    return UnsafeBufferPointer(start: list.data, count: list.size).map { item in
      ImportDescription(
        module: String(reading: wasm_importtype_module(item)),
        name: String(reading: wasm_importtype_name(item)),
        type: ExternType(reading: wasm_importtype_type(item))
      )
    }
  }

  private static func readExports(_ module: OpaquePointer) -> [ExportDescription] {
    var list = wasm_exporttype_vec_t()
    wasmtime_module_exports(module, &list)
    defer { wasm_exporttype_vec_delete(&list) }
    return UnsafeBufferPointer(start: list.data, count: list.size).map { item in
      ExportDescription(name: String(reading: wasm_exporttype_name(item)), type: ExternType(reading: wasm_exporttype_type(item)))
    }
  }
}
