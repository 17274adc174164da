import Wasmtime

/// The Swift library over Wasmtime by itself: the same three figures as the floor's.
enum WasmtimeFigures {
  private final class NoState {}

  private static let text =
    #"(module (memory (export "memory") 1) (func (export "f") (param i32) (result i32) (local.get 0)))"#

  static func measure() async throws {
    let engine = try Engine(EngineConfiguration())
    let module = try Module(engine: engine, bytes: Module.bytes(text: text))
    let template = try Linker<NoState>(engine: engine).template(for: module)
    let store = Store(engine: engine, state: NoState())
    store.setEpochDeadline(1_000_000)
    let function = try template.instantiate(in: store).function(named: "f")

    try await Figure.measure("empty-sync-call", iterations: 2_000_000) { count in
      for index in 0..<count { _ = try store.call(function, RawValue(Int32(truncatingIfNeeded: index))) }
    }
    try await Figure.measure("empty-async-call", iterations: 500_000) { count in
      for index in 0..<count {
        var call = try store.startCall(function, RawValue(Int32(truncatingIfNeeded: index)))
        poll: while true {
          if case .finished = try call.poll() { break poll }
        }
      }
    }
    try await Figure.measure("instantiate-and-drop", iterations: 50_000) { count in
      for _ in 0..<count {
        _ = try template.instantiate(in: Store(engine: engine, state: NoState()))
      }
    }
  }
}
