/// Where a call that was polled stands.
public enum CallProgress: Sendable, Hashable {
  /// The guest's turn is over, by the store's `yieldOnEpoch`; poll again when it may go on.
  case yielded
  /// The guest waits for an asynchronous host function; poll again when that one is ready.
  case waiting
  /// The result; `.zero` of a function that has none.
  case finished(RawValue)
}
