/// A task that another one may cancel as long as it runs.
///
/// A task group cancels all of its children or none; this is the way to cancel one of them.
struct RunningTask: @unchecked Sendable {
  // Cancelling is the one thing that may be done with it from another task; see `UnsafeCurrentTask`.
  private let task: UnsafeCurrentTask?

  static var current: RunningTask { withUnsafeCurrentTask { RunningTask(task: $0) } }

  /// - Precondition: the task has not ended.
  func cancel() { task?.cancel() }
}
