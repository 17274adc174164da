import CWasmtime

extension ExternType {
  init(reading type: OpaquePointer) {
    switch Int(wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC:
      self = .function(FunctionType(reading: wasm_externtype_as_functype_const(type)))
    case WASM_EXTERN_GLOBAL:
      let global = wasm_externtype_as_globaltype_const(type)
      self = .global(
        GlobalType(content: ValueType(reading: wasm_globaltype_content(global)), isMutable: wasm_globaltype_mutability(global) == 1)
      )
    case WASM_EXTERN_TABLE:
      self = .table(TableType(reading: wasm_externtype_as_tabletype_const(type)))
    case WASM_EXTERN_MEMORY:
      self = .memory(MemoryType(reading: wasm_externtype_as_memorytype_const(type)))
    default:
      self = .tag
    }
  }
}

extension MemoryType {
  init(reading type: OpaquePointer) {
    var maximum: UInt64 = 0
    let hasMaximum = wasmtime_memorytype_maximum(type, &maximum)
    self.init(
      minimumPages: wasmtime_memorytype_minimum(type),
      maximumPages: hasMaximum ? maximum : nil,
      is64Bit: wasmtime_memorytype_is64(type)
    )
  }
}

extension TableType {
  fileprivate init(reading type: OpaquePointer) {
    let limits = wasm_tabletype_limits(type)!.pointee
    self.init(
      element: ValueType(reading: wasm_tabletype_element(type)),
      minimum: limits.min,
      maximum: limits.max == .max ? nil : limits.max
    )
  }
}

extension FunctionType {
  init(reading type: OpaquePointer) {
    self.init(Self.list(wasm_functype_params(type)), Self.list(wasm_functype_results(type)))
  }

  private static func list(_ types: UnsafePointer<wasm_valtype_vec_t>) -> [ValueType] {
    UnsafeBufferPointer(start: types.pointee.data, count: types.pointee.size).map { ValueType(reading: $0!) }
  }

  /// A new C type that says the same, or nil where the host cannot pass a type of it.
  func makeFunctionType() -> OpaquePointer? {
    guard parameters.allSatisfy(\.isNumber), results.allSatisfy(\.isNumber) else { return nil }
    var parameters = Self.makeVector(parameters)
    var results = Self.makeVector(results)
    return wasm_functype_new(&parameters, &results)
  }

  private static func makeVector(_ types: [ValueType]) -> wasm_valtype_vec_t {
    var vector = wasm_valtype_vec_t()
    wasm_valtype_vec_new_uninitialized(&vector, types.count)
    for (index, type) in types.enumerated() {
      vector.data[index] = wasm_valtype_new(type.kind)
    }
    return vector
  }
}

extension ValueType {
  init(reading type: OpaquePointer) {
    let vector = wasmtime_wasm_valtype_v128()
    defer { wasm_valtype_delete(vector) }
    // Asking the kind of a vector aborts the process.
    guard !wasmtime_wasm_valtype_equal(type, vector) else {
      self = .v128
      return
    }
    self =
      switch Int(wasm_valtype_kind(type)) {
      case WASM_I32: .i32
      case WASM_I64: .i64
      case WASM_F32: .f32
      case WASM_F64: .f64
      case WASM_EXTERNREF: .externref
      default: .funcref
      }
  }

  var isNumber: Bool {
    switch self {
    case .i32, .i64, .f32, .f64: true
    case .v128, .funcref, .externref: false
    }
  }

  /// The number types' kind, the same in every part of the C API.
  var kind: UInt8 {
    switch self {
    case .i32: UInt8(WASM_I32)
    case .i64: UInt8(WASM_I64)
    case .f32: UInt8(WASM_F32)
    default: UInt8(WASM_F64)
    }
  }
}
