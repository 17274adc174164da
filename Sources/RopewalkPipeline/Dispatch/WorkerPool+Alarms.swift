import RopewalkCore

/// Changes of the queue that come after a time.
extension WorkerPool {
  /// Changes the queue after a time. Nothing waits for it meanwhile, and it takes neither a worker nor a task of its own.
  /// - Parameter makesManyReady: whether more than one more piece of work may be ready then.
  func update(after wait: Duration, makesManyReady: Bool = false, _ change: @escaping @Sendable (inout Queue) -> Void) {
    let deadline = stopwatch.elapsed + wait
    withState { state, calls in
      guard state.alarms.set(at: deadline, isWide: makesManyReady, change) else { return }
      stopwatch.beginWork()
      state.orders.bells.append(deadline)
      callForeman(&state, &calls)
    }
  }

  /// One bell: rings what is due, until another bell rings before it is needed again.
  func ring(from deadline: Duration) async {
    defer { stopwatch.endWork() }
    var next: Duration? = deadline
    while let deadline = next {
      do { try await stopwatch.sleep(until: deadline) } catch { return }
      next = ring(deadline)
    }
  }

  /// - Returns: when this bell is needed next.
  private func ring(_ deadline: Duration) -> Duration? {
    let now = stopwatch.elapsed
    return withState { state, calls in
      while let alarm = state.alarms.take(by: now) {
        alarm.change(&state.queue)
        if alarm.isWide { handOutAll(&state, &calls) } else { handOut(&state, &calls) }
      }
      return state.alarms.rang(deadline)
    }
  }
}
