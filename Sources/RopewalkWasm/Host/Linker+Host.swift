import Wasmtime

extension Linker<GuestState> {
  /// Answers everything that a checked module imports, with the types that it declares.
  func defineHost(for module: Module) throws(WasmtimeError) {
    // Go's modules import the same function more than once.
    var defined: Set<String> = []
    for item in module.imports where defined.insert("\(item.module).\(item.name)").inserted {
      if item.module == HostFunction.module, let function = HostFunction(rawValue: item.name) {
        try define(function, item)
      } else if item.module == WASIFunction.module {
        try defineWASI(WASIFunction(rawValue: item.name), item)
      }
    }
  }

  private func define(_ function: HostFunction, _ item: ImportDescription) throws(WasmtimeError) {
    switch function {
    case .payloadRead:
      try defineStatus(item) { state, memory, arguments in
        try state.readPayload(memory, to: arguments[0].u32, offset: arguments[1].u32, length: arguments[2].u32)
      }
    case .outputWrite:
      try defineStatus(item) { state, memory, arguments in
        try state.writeOutput(memory, at: arguments[0].u32, length: arguments[1].u32)
      }
    case .outputContentType:
      try defineStatus(item) { state, memory, arguments in
        try state.setContentType(memory, at: arguments[0].u32, length: arguments[1].u32)
      }
    case .field:
      try defineStatus(item) { state, memory, arguments in
        try state.field(memory, arguments[0].u32, key: arguments.bytes(1))
      }
    case .resultRead:
      try defineStatus(item) { state, memory, arguments in
        try state.readResult(memory, to: arguments[0].u32, capacity: arguments[1].u32)
      }
    case .fail:
      try defineStatus(item) { state, memory, arguments in
        try state.fail(memory, code: arguments.bytes(0), message: arguments.bytes(2), recoverable: arguments[4].u32 != 0)
      }
    case .log:
      try defineStatus(item) { state, memory, arguments in
        try state.log(memory, level: arguments[0].u32, text: arguments.bytes(1))
      }
    case .transform:
      try defineStatus(item) { state, memory, arguments in
        try state.transform(memory, name: arguments.bytes(0), options: arguments.bytes(2), input: arguments.bytes(4))
      }
    case .validate:
      try defineStatus(item) { state, memory, arguments in
        try state.validate(memory, schema: arguments.bytes(0), json: arguments.bytes(2))
      }
    case .httpCall:
      try defineAsync(item) { caller, arguments in
        let (state, request) = (caller.state, arguments.bytes(0))
        return try caller.withMemory { memory in try state.beginExchange(memory, request: request) }
      }
    case .client:
      try defineAsync(item) { caller, arguments in
        let (state, request) = (caller.state, arguments.bytes(0))
        return try caller.withMemory { memory in try state.beginClientCall(memory, request: request) }
      }
    }
  }

  private typealias StatusBody = @Sendable (GuestState, borrowing MemoryView, borrowing HostArguments) throws -> Int32

  private func defineStatus(_ item: ImportDescription, _ body: @escaping StatusBody) throws(WasmtimeError) {
    try define(item) { caller, arguments in
      let state = caller.state
      return RawValue(try caller.withMemory { memory in try body(state, memory, arguments) })
    }
  }

  /// - Parameter function: nil for what is known to WASI and does nothing here.
  private func defineWASI(_ function: WASIFunction?, _ item: ImportDescription) throws(WasmtimeError) {
    guard let function else {
      try define(item) { _, _ in RawValue(WASIStatus.notSupported.rawValue) }
      return
    }
    try defineStatus(item) { state, memory, arguments in
      try state.callWASI(function, memory, arguments).rawValue
    }
  }
}

extension HostArguments {
  /// A pointer and the length behind it.
  fileprivate borrowing func bytes(_ index: Int) -> GuestBytes {
    GuestBytes(self[index].u32, self[index + 1].u32)
  }
}
