import Synchronization

/// Counts from any number of tasks.
public final class Counter: Sendable {
  private let count = Atomic(0)

  public init() {}

  public var value: Int { count.load(ordering: .relaxed) }

  public func increment() { _ = next() }

  /// Returns the count before this one.
  public func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}
