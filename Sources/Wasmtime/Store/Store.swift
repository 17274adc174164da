/// One guest's world: its instances, their memory, and the state that host functions work on.
///
/// A store belongs to one thread at a time and may move from one to another between calls and between polls. Making and
/// dropping one costs microseconds. The state must not hold the store, nor an `Instance` of it: neither would ever go.
public final class Store<State: AnyObject> {
  let core: StoreCore

  /// Makes an empty store. Without an epoch deadline its guests may run for ever.
  public init(engine: Engine, state: State, limits: StoreLimits = StoreLimits()) {
    core = StoreCore(engine: engine, state: state, limits: limits)
  }

  public var state: State { unsafeDowncast(core.state, to: State.self) }
  public var limits: StoreLimits { core.limits }

  /// Guests trap with `interrupt` when `ticks` epochs have passed from now.
  public func setEpochDeadline(_ ticks: UInt64) {
    core.trapOnEpoch(after: ticks)
  }

  /// Asynchronous calls give way when `ticks` epochs have passed from now, and again after each so many: `poll` answers
  /// `yielded`. Synchronous calls trap with `interrupt` at that time.
  public func yieldOnEpoch(everyTicks ticks: UInt64) {
    core.yieldOnEpoch(every: ticks)
  }
}
