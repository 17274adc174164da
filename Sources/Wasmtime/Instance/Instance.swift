import CWasmtime

/// A module's code with a memory of its own, inside a store.
///
/// Look its exports up once and keep them; the instance itself lives as long as its store and need not be kept.
public struct Instance {
  private let core: StoreCore
  private let raw: wasmtime_instance_t

  init(_ raw: wasmtime_instance_t, core: StoreCore) {
    self.core = core
    self.raw = raw
  }

  /// An exported function. Throws `noSuchExport`, or `signature` when it takes or gives other than numbers, gives more than
  /// one, or takes more than 31.
  public func function(named name: String) throws(WasmtimeError) -> Function {
    guard var item = item(named: name), item.kind == WASMTIME_EXTERN_FUNC else {
      throw WasmtimeError(.noSuchExport, "the module exports no function \"\(name)\"")
    }
    let pointer = wasmtime_func_type(core.context, &item.of.func)!
    defer { wasm_functype_delete(pointer) }
    let type = FunctionType(reading: pointer)
    guard type.isCallable else {
      throw WasmtimeError(.signature, "the host cannot call \"\(name)\" of type \(type)")
    }
    return Function(item.of.func, type)
  }

  /// An exported memory. Throws `noSuchExport`.
  public func memory(named name: String = "memory") throws(WasmtimeError) -> Memory {
    guard var item = item(named: name), item.kind == WASMTIME_EXTERN_MEMORY else {
      throw WasmtimeError(.noSuchExport, "the module exports no memory \"\(name)\"")
    }
    let pointer = wasmtime_memory_type(core.context, &item.of.memory)!
    defer { wasm_memorytype_delete(pointer) }
    let declared = MemoryType(reading: pointer).maximumByteCount
    return Memory(
      maximumByteCount: min(declared, core.limits.memoryBytes, core.engine.configuration.maxMemorySize),
      raw: item.of.memory
    )
  }

  private func item(named name: String) -> wasmtime_extern_t? {
    var name = name
    var raw = raw
    var item = wasmtime_extern_t()
    let found = name.withUTF8 { name in
      name.withMemoryRebound(to: CChar.self) {
        wasmtime_instance_export_get(core.context, &raw, $0.baseAddress, $0.count, &item)
      }
    }
    return found ? item : nil
  }
}

extension FunctionType {
  /// Whether values of ours can cross: numbers only, one result at most.
  var isCallable: Bool {
    parameters.allSatisfy(\.isNumber) && results.allSatisfy(\.isNumber) && results.count <= 1
      && parameters.count + results.count <= CallBuffer.maxValues
  }
}
