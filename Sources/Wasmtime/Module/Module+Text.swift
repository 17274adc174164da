import CWasmtime

extension Module {
  /// The binary form of a module written in the WebAssembly text format. Throws with line and column.
  public static func bytes(text: String) throws(WasmtimeError) -> [UInt8] {
    var text = text
    var bytes = wasm_byte_vec_t()
    let error = text.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) { wasmtime_wat2wasm($0.baseAddress, $0.count, &bytes) }
    }
    if let error { throw WasmtimeError(.invalidModule, taking: error) }
    return [UInt8](taking: &bytes)
  }
}

extension [UInt8] {
  /// Takes over a C vector.
  init(taking bytes: inout wasm_byte_vec_t) {
    self.init(UnsafeRawBufferPointer(start: bytes.data, count: bytes.size))
    wasm_byte_vec_delete(&bytes)
  }
}
