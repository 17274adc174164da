import Synchronization

/// Counts calls.
final class Counter: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }

  /// The number of calls before this one.
  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}
