import CWasmtime

/// The compiler and the pool that every module, linker and store is made of. One per process is enough.
///
/// It lives as long as anything made from it.
public final class Engine: Sendable {
  /// The version of Wasmtime that this library is pinned to.
  public static let version = CWASMTIME_VERSION

  public let configuration: EngineConfiguration
  nonisolated(unsafe) let pointer: OpaquePointer

  /// Reserves the pool. Throws when the addresses cannot be reserved or the numbers contradict each other.
  public init(_ configuration: EngineConfiguration = EngineConfiguration()) throws(WasmtimeError) {
    try configuration.check()
    guard let pointer = wasm_engine_new_with_config(configuration.makeConfig()) else {
      throw EngineConfiguration.noAddresses
    }
    self.configuration = configuration
    self.pointer = pointer
  }

  deinit {
    wasm_engine_delete(pointer)
  }

  /// Moves the clock of epochs on by one tick, for every store. Cheap; any thread may call it.
  public func incrementEpoch() {
    wasmtime_engine_increment_epoch(pointer)
  }
}
