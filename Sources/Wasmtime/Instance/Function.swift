import CWasmtime

/// A guest's function, looked up once and called any number of times, in the store that it came from.
public final class Function: Sendable {
  public let type: FunctionType
  nonisolated(unsafe) let raw: wasmtime_func_t
  let hasResult: Bool
  let parameterCount: Int
  let rawCount: Int
  private let isNarrow: Bool

  init(_ raw: wasmtime_func_t, _ type: FunctionType) {
    self.raw = raw
    self.type = type
    hasResult = !type.results.isEmpty
    rawCount = max(type.parameters.count, type.results.count)
    parameterCount = type.parameters.count
    isNarrow = type.results.first == .i32 || type.results.first == .f32
  }

  /// The result out of a slot whose upper half means nothing for a 32-bit number.
  func result(_ bits: UInt64) -> RawValue {
    RawValue(bits: isNarrow ? bits & 0xffff_ffff : bits)
  }
}
