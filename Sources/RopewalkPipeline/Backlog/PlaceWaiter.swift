import RopewalkCore

/// A sender that waits a moment for a place in its customer's queue.
struct PlaceWaiter {
  typealias Continuation = CheckedContinuation<BacklogStateMachine.Entrance, Never>

  let continuation: Continuation
  /// On the run's stopwatch.
  let deadline: Duration
}
