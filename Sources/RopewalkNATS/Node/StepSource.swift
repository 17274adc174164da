import Logging
package import RopewalkConnector
import RopewalkCore
import Synchronization

/// Takes a step's messages from JetStream and hands them to the run.
package struct StepSource: ConnectionNode {
  private static let batch = 64
  /// Customers whose parked messages are taken up at once, so that one whose payloads are long on their way holds up no other.
  private static let resumedCustomers = 4
  private static let trouble: Duration = .seconds(5)

  let desk: StepDesk

  package var metadata: PluginMetadata {
    PluginMetadata(id: "nats", name: "nats", supportedTypes: [], description: "the step before, on another node")
  }

  package func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  package func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  package func disconnect() async {}

  package func receive(into inbox: Inbox) async throws(ConnectionError) {
    do {
      desk.giveBackInTheEnd()
      let (stream, configuration) = desk.consumer
      let consumer = try await PullConsumer(desk.cluster.jetStream, stream: stream, configuration, window: max(1, desk.limits.window / 4))
      defer {
        // What was not taken goes to others at once, not only when the wait for it is over.
        let parked = desk.table.withLock { $0.parked.removeAll() }
        for delivered in consumer.takeReady(upTo: .max) + parked { desk.giveBack(delivered, after: .zero) }
        consumer.close()
      }
      try await withThrowingDiscardingTaskGroup { group in
        for _ in 0..<Self.resumedCustomers { group.addTask { while await takeParked(from: stream, inbox) {} } }
        group.addTask { await desk.keepQueuesUntilCancelled() }
        while true {
          await desk.waitForRoom()
          for delivered in try await consumer.next(upTo: Self.batch) {
            // Parked, it would be given back some time, while it is in work.
            if desk.isInWork(delivered) { desk.keep(delivered) } else if !desk.park(delivered) { await take(delivered, inbox) }
          }
        }
      }
    } catch is CancellationError {
      return
    } catch {
      throw ConnectionError(.receiveFailed, "\(error)", recoverable: !desk.connection.events.isClosed)
    }
  }

  /// Takes up some parked messages once there is room for them. Returns false when the task is cancelled.
  private func takeParked(from stream: String, _ inbox: Inbox) async -> Bool {
    guard let (customer, messages) = await desk.nextParked(upTo: Self.batch) else { return false }
    defer { desk.resumed(customer) }
    var left = messages[...]
    do {
      let payloads = try await persistently { try await desk.payloads(of: messages, in: stream) }
      while !Task.isCancelled, var delivered = left.popFirst() {
        guard let payload = payloads[delivered.sequence] else {
          // It was removed, as it is when its last pair has ended elsewhere. One of which the ledger does not say so
          // is not over.
          if desk.hasEnded(delivered) { await desk.finish(delivered) } else { desk.giveBack(delivered, after: Self.trouble) }
          continue
        }
        delivered.payload = payload
        await take(delivered, inbox)
      }
    } catch {
      desk.logger.debug("Parked messages cannot be read now; they are handed out again", metadata: ["error": "\(error)"])
    }
    for delivered in left { desk.giveBack(delivered, after: Task.isCancelled ? .zero : Self.trouble) }
    return !Task.isCancelled
  }

  private func take(_ delivered: Delivered, _ inbox: Inbox) async {
    // Before it is judged by who else took it.
    if desk.isInWork(delivered) { return desk.keep(delivered) }
    let entry: StepTable.Entry
    do {
      guard let prepared = try await persistently({ try await desk.prepare(delivered) }) else { return await desk.finish(delivered) }
      entry = prepared
    } catch is CancellationError {
      return desk.giveBack(delivered, after: .zero)
    } catch {
      desk.logger.error(
        "A message of the cluster cannot be taken; it is tried again",
        metadata: ["ropewalk.position": "\(delivered.sequence)", "error": "\(error)"]
      )
      return desk.giveBack(delivered, after: Self.trouble)
    }
    let key = StepTable.Key(entry.message)
    let held = desk.table.withLock { table -> Delivered? in
      if let held = table.held(key) { return held }
      if entry.isReplay { table.enterReplay(entry) } else { table.stage(entry) }
      return nil
    }
    if let held {
      // The same one may have been taken meanwhile; another of the same id waits until the first has ended.
      guard held.sequence != delivered.sequence else { return desk.keep(delivered) }
      return desk.giveBack(delivered, after: .seconds(1))
    }
    if entry.isReplay { return }
    let acceptance = await inbox.accept(entry.message)
    guard acceptance != .accepted, desk.table.withLock({ $0.unstage(key) }) != nil else { return }
    if case .refused(let refusal) = acceptance {
      desk.logger.log(
        // Otherwise the run has no room now, or is stopping.
        level: refusal.reason == .invalid ? .error : .debug,
        "A message of the cluster is not taken; it is tried again",
        metadata: ["ropewalk.position": "\(delivered.sequence)", "error": "\(refusal.message)"]
      )
    }
    desk.giveBack(delivered, after: Self.trouble)
  }

  /// Asks the server, once more when it is back that was lost meanwhile, however long it was away. That says nothing against a message,
  /// which would lose its place in its customer's order if it was given back.
  private func persistently<Answer>(_ ask: () async throws -> Answer) async throws -> Answer {
    let connection = desk.connection
    while true {
      let before = connection.events.connections
      do {
        return try await ask()
      } catch let error as RopewalkError where error.code == .natsDisconnected || error.code == .natsTimeout {
        // A server that was there all the time has had its time.
        let wasThere = connection.isConnected && connection.events.connections == before
        guard error.code == .natsDisconnected || !wasThere else { throw error }
        try await connection.untilConnected()
      }
    }
  }
}
