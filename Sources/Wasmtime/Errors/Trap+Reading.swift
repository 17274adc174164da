import CWasmtime

extension Trap {
  /// Takes over a C trap.
  init(taking trap: OpaquePointer) {
    defer { wasm_trap_delete(trap) }
    var frames = wasm_frame_vec_t()
    wasm_trap_trace(trap, &frames)
    let backtrace = Frame.list(taking: &frames)
    var code: UInt8 = 0
    if wasmtime_trap_code(trap, &code) {
      let kind = Kind(code: code)
      self.init(kind, kind.words, backtrace: backtrace)
    } else {
      var message = wasm_byte_vec_t()
      wasm_trap_message(trap, &message)
      self.init(.other(.max), String(taking: &message), backtrace: backtrace)
    }
  }
}

extension Trap.Kind {
  init(code: UInt8) {
    self =
      switch code {
      case 0: .stackOverflow
      case 1: .memoryOutOfBounds
      case 3: .tableOutOfBounds
      case 4: .indirectCallToNull
      case 5: .badSignature
      case 6: .integerOverflow
      case 7: .integerDivisionByZero
      case 8: .badConversionToInteger
      case 9: .unreachable
      case 10: .interrupt
      default: .other(code)
      }
  }

  /// Plain words for the one who wrote the guest.
  var words: String {
    switch self {
    case .stackOverflow: "the guest used up its stack"
    case .memoryOutOfBounds: "the guest reached outside its memory"
    case .tableOutOfBounds: "the guest reached outside a table"
    case .indirectCallToNull: "the guest called a function pointer that is null"
    case .badSignature: "the guest called a function pointer of another type"
    case .integerOverflow: "an integer operation of the guest overflowed"
    case .integerDivisionByZero: "the guest divided an integer by zero"
    case .badConversionToInteger: "the guest converted a number that fits no integer"
    case .unreachable: "the guest gave up (unreachable)"
    case .interrupt: "the guest ran past its time and was interrupted"
    case .host: "a host function failed"
    case .other(let code): "the guest trapped (code \(code))"
    }
  }
}

extension Trap.Frame {
  static func list(taking frames: inout wasm_frame_vec_t) -> [Trap.Frame] {
    defer { wasm_frame_vec_delete(&frames) }
    return UnsafeBufferPointer(start: frames.data, count: frames.size).compactMap { $0.map(Trap.Frame.init(reading:)) }
  }

  private init(reading frame: OpaquePointer) {
    let functionOffset = wasm_frame_func_offset(frame)
    let moduleOffset = wasm_frame_module_offset(frame)
    self.init(
      functionName: wasmtime_frame_func_name(frame).map { String(reading: $0) },
      functionIndex: wasm_frame_func_index(frame),
      moduleName: wasmtime_frame_module_name(frame).map { String(reading: $0) },
      functionOffset: functionOffset == .max ? nil : Int(functionOffset),
      moduleOffset: moduleOffset == .max ? nil : Int(moduleOffset)
    )
  }
}

extension Trap.Frame {
  /// Takes over a C error for its backtrace.
  static func list(takingErrorsOf error: OpaquePointer) -> [Trap.Frame] {
    defer { wasmtime_error_delete(error) }
    var frames = wasm_frame_vec_t()
    wasmtime_error_wasm_trace(error, &frames)
    return list(taking: &frames)
  }
}
