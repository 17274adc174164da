import RopewalkCore
import Synchronization

/// The lives of streams.
extension RemoteConnector {
  func opening(_ ends: ConnectionEnds, resumePosition: [UInt8] = []) -> HostExchange.Machine.Opening {
    HostExchange.Machine.Opening(
      connectionID: connectionID,
      ends: ends,
      resumePosition: resumePosition,
      limits: limits.exchange,
      waitingLimit: limits.waitingMessages,
      positionLimit: limits.refusedPositions
    )
  }

  /// Begins a stream, and returns when it is open, or why it is not.
  func open(_ exchange: HostExchange) async -> ConnectionError? {
    let failure = state.withLock(\.failure)
    let begun = scope.add { [client, executor] in
      await withTaskExecutorPreference(executor) { await exchange.run(over: client) }
      // One that could not be opened has told so already.
      if let error = exchange.failureAfterOpening { failure.set(error) }
    }
    guard begun else { return ConnectionError(.connectionFailed, "the connector's scope has ended", recoverable: true) }
    return await withTaskCancellationHandler {
      await exchange.opened.value()
    } onCancel: {
      exchange.abort()
    }
  }

  /// Ends a stream in good order, or by force after the grace.
  func finish(_ exchange: HostExchange) async {
    exchange.finish()
    abort(exchange, after: limits.finishGrace)
    await withTaskCancellationHandler {
      _ = await exchange.finished.value()
    } onCancel: {
      exchange.abort()
    }
  }

  func abort(_ exchange: HostExchange, after grace: Duration) {
    scope.add {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { try? await Task.sleep(for: grace) }
        group.addTask { _ = await exchange.finished.value() }
        await group.next()
        // Ends the other child too.
        exchange.abort()
        group.cancelAll()
      }
    }
  }
}
