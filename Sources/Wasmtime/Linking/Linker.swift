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
    let type = try functionType(of: item)
    let function = HostFunction(type) { core, caller, arguments in
      try body(Caller(caller, core: core), arguments)
    }
    let error = withNames(item, type) { module, name, type in
      wasmtime_linker_define_func_unchecked(
        pointer,
        module.baseAddress,
        module.count,
        name.baseAddress,
        name.count,
        type,
        HostFunction.callback,
        Unmanaged.passRetained(function).toOpaque(),
        HostFunction.finalizer
      )
    }
    if let error { throw WasmtimeError(.link, taking: error) }
  }

  /// Answers an import with a host function that begins something and lets the guest wait for it without holding a thread.
  ///
  /// Instances of a module with such a function are called with `startCall` only. Throws as `define` does.
  public func defineAsync(
    _ item: ImportDescription,
    _ body: @escaping @Sendable (borrowing Caller<State>, borrowing HostArguments) throws -> HostFuture
  ) throws(WasmtimeError) {
    let type = try functionType(of: item)
    let function = AsyncHostFunction(type) { core, caller, arguments in
      try body(Caller(caller, core: core), arguments)
    }
    let error = withNames(item, type) { module, name, type in
      wasmtime_linker_define_async_func(
        pointer,
        module.baseAddress,
        module.count,
        name.baseAddress,
        name.count,
        type,
        AsyncHostFunction.callback,
        Unmanaged.passRetained(function).toOpaque(),
        AsyncHostFunction.finalizer
      )
    }
    if let error { throw WasmtimeError(.link, taking: error) }
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

  private func functionType(of item: ImportDescription) throws(WasmtimeError) -> FunctionType {
    guard case .function(let type) = item.type else {
      throw WasmtimeError(.link, "the import \(item) is no function")
    }
    guard type.isCallable else {
      throw WasmtimeError(.signature, "the host cannot define \(item)")
    }
    return type
  }

  private func withNames(
    _ item: ImportDescription,
    _ type: FunctionType,
    _ body: (UnsafeBufferPointer<CChar>, UnsafeBufferPointer<CChar>, OpaquePointer) -> OpaquePointer?
  ) -> OpaquePointer? {
    var (module, name) = (item.module, item.name)
    guard let type = type.makeFunctionType() else { return wasmtime_error_new("the type is not made of numbers") }
    defer { wasm_functype_delete(type) }
    return module.withUTF8 { module in
      name.withUTF8 { name in
        module.withMemoryRebound(to: CChar.self) { module in
          name.withMemoryRebound(to: CChar.self) { name in body(module, name, type) }
        }
      }
    }
  }
}
