import CWasmtime

/// A guest's linear memory, looked up once; its bytes are reached through the store that it came from.
public struct Memory: Sendable {
  /// What it can grow to, in bytes: the least of what the module declares, the store's limit and the engine's.
  public let maximumByteCount: Int
  let raw: wasmtime_memory_t
}
