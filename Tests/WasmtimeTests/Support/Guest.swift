import Testing
import Wasmtime

/// What host functions of these tests work on.
final class GuestState {
  var numbers: [UInt32] = []
  var text = ""
}

/// One engine for all tests: they make few instances, and compile small modules.
let sharedEngine = try! Engine()

func module(_ text: String, engine: Engine = sharedEngine) throws -> Module {
  try Module(engine: engine, bytes: Module.bytes(text: text))
}

/// An instance of a module, its imports answered by `link`, in a store of its own.
struct Guest {
  let store: Store<GuestState>
  let instance: Instance

  init(
    _ text: String,
    engine: Engine = sharedEngine,
    limits: StoreLimits = StoreLimits(),
    link: (Linker<GuestState>, Module) throws -> Void = { _, _ in }
  ) throws {
    let module = try module(text, engine: engine)
    let linker = Linker<GuestState>(engine: engine)
    try link(linker, module)
    store = Store(engine: engine, state: GuestState(), limits: limits)
    instance = try linker.template(for: module).instantiate(in: store)
  }

  func function(_ name: String) throws -> Function {
    try instance.function(named: name)
  }
}
