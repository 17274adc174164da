import CWasmtime

/// Names to host functions, from which templates are made for modules.
public final class Linker<State: AnyObject> {
  public let engine: Engine
  private let pointer: OpaquePointer
  private var hasAsyncFunctions = false

  public init(engine: Engine) {
    self.engine = engine
    pointer = wasmtime_linker_new(engine.pointer)
  }

  deinit {
    wasmtime_linker_delete(pointer)
  }

  /// Answers an import with a host function that runs to its end at once.
  ///
  /// The function gets the type that the module declares, which `item` brings; where an ABI allows several, the body looks
  /// at the arguments' count. What the body throws ends the guest's call with a trap of kind `host`. The body's answer is
  /// ignored where the type has no result.
  ///
  /// Throws `link` for an import that is no function or was defined before, `signature` for one with other than numbers or
  /// with more than one result.
  public func define(
    _ item: ImportDescription,
    _ body: @escaping @Sendable (borrowing Caller<State>, borrowing HostArguments) throws -> RawValue
  ) throws(WasmtimeError) {
    let makeFunction = { type in HostFunction(type) { core, caller, arguments in try body(Caller(caller, core: core), arguments) } }
    try define(item, makeFunction) { linker, module, name, type, function in
      wasmtime_linker_define_func_unchecked(
        linker,
        module.baseAddress,
        module.count,
        name.baseAddress,
        name.count,
        type,
        HostFunction.callback,
        function,
        HostFunction.finalizer
      )
    }
  }

  /// Answers an import with a host function that begins something and lets the guest wait for it without holding a thread.
  ///
  /// Instances of a module with such a function are called with `startCall` only. Throws as `define` does.
  public func defineAsync(
    _ item: ImportDescription,
    _ body: @escaping @Sendable (borrowing Caller<State>, borrowing HostArguments) throws -> HostFuture
  ) throws(WasmtimeError) {
    let makeFunction = { type in AsyncHostFunction(type) { core, caller, arguments in try body(Caller(caller, core: core), arguments) } }
    try define(item, makeFunction) { linker, module, name, type, function in
      wasmtime_linker_define_async_func(
        linker,
        module.baseAddress,
        module.count,
        name.baseAddress,
        name.count,
        type,
        AsyncHostFunction.callback,
        function,
        AsyncHostFunction.finalizer
      )
    }
    hasAsyncFunctions = true
  }

  /// Checks once that everything the module imports is defined with its type, so that instantiating need not.
  /// Throws `link` with the first import that is not. What is defined later does not change the template.
  public func template(for module: Module) throws(WasmtimeError) -> InstanceTemplate<State> {
    var template: OpaquePointer?
    if let error = wasmtime_linker_instantiate_pre(pointer, module.pointer, &template) {
      throw WasmtimeError(.link, taking: error)
    }
    return InstanceTemplate(taking: template!, module: module, isAsync: hasAsyncFunctions)
  }

  /// Tells Wasmtime of a function under the import's names. Wasmtime owns the function from then on, also when it refuses it.
  private func define(
    _ item: ImportDescription,
    _ makeFunction: (FunctionType) -> AnyObject,
    _ register: (
      _ linker: OpaquePointer, _ module: UnsafeBufferPointer<CChar>, _ name: UnsafeBufferPointer<CChar>, _ type: OpaquePointer,
      _ function: UnsafeMutableRawPointer
    ) -> OpaquePointer?
  ) throws(WasmtimeError) {
    guard case .function(let type) = item.type else { throw WasmtimeError(.link, "the import \(item) is no function") }
    guard type.isCallable, let functionType = type.makeFunctionType() else {
      throw WasmtimeError(.signature, "the host cannot define \(item)")
    }
    defer { wasm_functype_delete(functionType) }
    let function = Unmanaged.passRetained(makeFunction(type)).toOpaque()
    var (module, name) = (item.module, item.name)
    let error = module.withUTF8 { module in
      name.withUTF8 { name in
        module.withMemoryRebound(to: CChar.self) { module in
          name.withMemoryRebound(to: CChar.self) { name in register(pointer, module, name, functionType, function) }
        }
      }
    }
    if let error { throw WasmtimeError(.link, taking: error) }
  }
}
