import CWasmtime

/// A host function as C sees it: an object behind a pointer that the linker owns.
final class HostFunction {
  typealias Body = (_ core: StoreCore, _ caller: OpaquePointer, borrowing HostArguments) throws -> RawValue

  private let body: Body
  private let parameterCount: Int
  private let hasResult: Bool

  init(_ type: FunctionType, _ body: @escaping Body) {
    self.body = body
    parameterCount = type.parameters.count
    hasResult = !type.results.isEmpty
  }

  private func run(_ caller: OpaquePointer, _ values: UnsafeMutablePointer<wasmtime_val_raw_t>?) -> OpaquePointer? {
    StoreCore.of(wasmtime_caller_context(caller))._withUnsafeGuaranteedRef { core in
      do {
        let result = try body(core, caller, HostArguments(raw: values, count: parameterCount))
        if hasResult { values![0].bits = result.bits }
        return nil
      } catch {
        return core.makeTrap(for: error)
      }
    }
  }

  static let callback: wasmtime_func_unchecked_callback_t = { function, caller, values, _ in
    Unmanaged<HostFunction>.fromOpaque(function!)._withUnsafeGuaranteedRef { $0.run(caller!, values) }
  }

  static let finalizer: @convention(c) (UnsafeMutableRawPointer?) -> Void = { function in
    Unmanaged<HostFunction>.fromOpaque(function!).release()
  }
}
