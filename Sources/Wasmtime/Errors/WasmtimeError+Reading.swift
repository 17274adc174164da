import CWasmtime

extension WasmtimeError {
  /// Takes over a C error.
  init(_ code: Code, taking error: OpaquePointer) {
    var name = wasm_name_t()
    wasmtime_error_message(error, &name)
    wasmtime_error_delete(error)
    let message = String(taking: &name)
    self.init(Self.isLimit(message) ? .limit : code, message)
  }

  /// The C API has no code for a reached limit, only words.
  private static func isLimit(_ message: String) -> Bool {
    message.contains("resource limit exceeded") || message.contains("maximum concurrent") || message.contains("exceeds the limit")
      || message.contains("exceeds memory limits") || message.contains("exceeds table limits")
  }
}

extension String {
  /// Takes over a C name.
  init(taking name: inout wasm_name_t) {
    self.init(reading: &name)
    wasm_byte_vec_delete(&name)
  }

  /// Copies a C name; empty for null.
  init(reading name: UnsafePointer<wasm_name_t>?) {
    guard let name, let start = name.pointee.data else {
      self = ""
      return
    }
    var bytes = UnsafeRawBufferPointer(start: start, count: name.pointee.size)
    if bytes.last == 0 { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
    self = String(decoding: bytes, as: UTF8.self)
  }
}
