import CWasmtime

/// What a guest passes to a host function, for the length of that call.
public struct HostArguments: ~Copyable {
  private let first: UnsafeRawPointer?
  private let stride: Int
  public let count: Int

  init(raw: UnsafePointer<wasmtime_val_raw_t>?, count: Int) {
    first = UnsafeRawPointer(raw)
    stride = MemoryLayout<wasmtime_val_raw_t>.stride
    self.count = count
  }

  init(values: UnsafePointer<wasmtime_val_t>?, count: Int) {
    first = values.map { UnsafeRawPointer($0) + MemoryLayout<wasmtime_val_t>.offset(of: \.of)! }
    stride = MemoryLayout<wasmtime_val_t>.stride
    self.count = count
  }

  public subscript(index: Int) -> RawValue {
    precondition(index >= 0 && index < count, "the function's type has no such parameter")
    return RawValue(bits: first!.load(fromByteOffset: index * stride, as: UInt64.self))
  }
}
