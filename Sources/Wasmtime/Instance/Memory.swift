import CWasmtime

/// A guest's linear memory, looked up once; its bytes are reached through the store that it came from.
public struct Memory: Sendable {
  let raw: wasmtime_memory_t
}
