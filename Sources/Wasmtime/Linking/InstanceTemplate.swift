import CWasmtime

/// A module with its imports answered: instances are made of it in any store of the same engine, by any thread.
public final class InstanceTemplate<State: AnyObject>: Sendable {
  public let module: Module
  /// Whether a host function can make the guest wait, so that calls must be asynchronous.
  public let isAsync: Bool
  private nonisolated(unsafe) let pointer: OpaquePointer

  init(taking pointer: OpaquePointer, module: Module, isAsync: Bool) {
    self.pointer = pointer
    self.module = module
    self.isAsync = isAsync
  }

  deinit {
    wasmtime_instance_pre_delete(pointer)
  }

  /// Makes an instance and runs the module's start function, if it has one, to its end: it may neither yield nor wait.
  ///
  /// Throws a trap of the start function or of a data segment that does not fit, `limit` when the store's or the
  /// pool's limits are reached, `busy` while a call is under way in the store.
  public func instantiate(in store: Store<State>) throws(CallError) -> Instance {
    let core = store.core
    precondition(core.engine === module.engine, "the store belongs to another engine")
    guard !core.buffer.isBusy else { throw .busy }
    core.buffer.isBusy = true
    core.instanceCount += 1
    defer { core.endCall() }
    var instance = wasmtime_instance_t()
    if isAsync {
      try instantiateAsync(&instance, core)
    } else {
      core.buffer.error.pointee = wasmtime_instance_pre_instantiate(pointer, core.context, &instance, core.buffer.trap)
    }
    if core.hasFailed { throw core.takeFailure() }
    core.add(instance)
    return Instance(instance, core: core)
  }

  /// Wasmtime wants modules with asynchronous imports to start on a stack of their own, though ours must not use it.
  private func instantiateAsync(_ instance: inout wasmtime_instance_t, _ core: StoreCore) throws(CallError) {
    let isDone = withUnsafeMutablePointer(to: &instance) { instance in
      let future = wasmtime_instance_pre_instantiate_async(
        pointer,
        core.context,
        instance,
        core.buffer.trap,
        core.buffer.error
      )
      defer { wasmtime_call_future_delete(future) }
      return wasmtime_call_future_poll(future)
    }
    guard isDone else {
      throw .engine(WasmtimeError(.link, "the module's start function waits for a host function, which it must not"))
    }
  }
}

extension StoreCore {
  /// Finds in a new instance what host functions will ask for.
  fileprivate func add(_ instance: wasmtime_instance_t) {
    var instance = instance
    buffer.storeID = instance.store_id
    var item = wasmtime_extern_t()
    guard wasmtime_instance_export_get(context, &instance, "memory", 6, &item), item.kind == WASMTIME_EXTERN_MEMORY else { return }
    soleMemory = item.of.memory
  }
}
