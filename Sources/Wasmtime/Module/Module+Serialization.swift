import CWasmtime

extension Module {
  /// The compiled form, readable by the same version of Wasmtime with the same configuration on the same kind of processor.
  public func serialized() throws(WasmtimeError) -> [UInt8] {
    var bytes = wasm_byte_vec_t()
    if let error = wasmtime_module_serialize(pointer, &bytes) { throw WasmtimeError(.artifact, taking: error) }
    return [UInt8](taking: &bytes)
  }

  /// Maps what `serialized` wrote to a file; the file's pages are shared by all who map it.
  ///
  /// The file's content becomes code of this process: it must come from a place that nobody else can write.
  /// `ModuleCache` sees to that. Throws `artifact` when another version or configuration wrote it, or it is no such file.
  public convenience init(engine: Engine, cachedFile path: String) throws(WasmtimeError) {
    var module: OpaquePointer?
    if let error = wasmtime_module_deserialize_file(engine.pointer, path, &module) {
      throw WasmtimeError(.artifact, taking: error)
    }
    self.init(engine: engine, taking: module!)
  }
}
