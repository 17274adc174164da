import Logging
package import RopewalkConnector
import RopewalkCore
import RopewalkJournal
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
      let payloads = try await desk.payloads(of: messages, in: stream)
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
      guard let prepared = try await prepare(delivered) else { return await desk.finish(delivered) }
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
    if let held = desk.table.withLock({ $0.held(key) }) {
      // The same one may have been taken meanwhile; another of the same id waits until the first has ended.
      guard held.sequence != delivered.sequence else { return desk.keep(delivered) }
      return desk.giveBack(delivered, after: .seconds(1))
    }
    if entry.isReplay { return desk.table.withLock { $0.enterReplay(entry) } }
    desk.table.withLock { $0.stage(entry) }
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

  /// Makes ready what was handed out, once more when the server is back that was lost meanwhile. That says nothing against the
  /// message, which would lose its place in its customer's order if it was given back.
  private func prepare(_ delivered: Delivered) async throws -> StepTable.Entry? {
    while true {
      do {
        return try await desk.prepare(delivered)
      } catch let error as RopewalkError where error.code == .natsDisconnected {
        try await desk.connection.untilConnected()
      }
    }
  }
}

extension StepDesk {
  /// The payloads of messages of one subject, by their sequences; those that are gone are left out.
  func payloads(of messages: [Delivered], in stream: String) async throws -> [UInt64: [UInt8]] {
    guard let first = messages.first else { return [:] }
    let jetStream = cluster.jetStream
    var payloads: [UInt64: [UInt8]] = [:]
    for stored in try await jetStream.messages(of: stream, subject: first.subject, from: first.sequence, limit: messages.count) {
      payloads[stored.sequence] = stored.payload
    }
    for message in messages where payloads[message.sequence] == nil {
      payloads[message.sequence] = try await jetStream.message(message.sequence, of: stream)?.payload
    }
    return payloads
  }

  /// Makes ready what was handed out; nil when there is nothing to do with it any more.
  func prepare(_ delivered: Delivered) async throws -> StepTable.Entry? {
    let note = try EntryNote(text: delivered.note)
    let (position, open) = openPairs(of: delivered, note)
    var destinations = open
    guard !destinations.isEmpty else { return nil }
    var message = note.message
    if let failures = try await failures(of: delivered) {
      try await giveUp(note, message, at: position, destinations, failures)
      return nil
    }
    try await begin(delivered)
    do {
      message.payload = if let body = note.body { try await cluster.bodies.get(body) } else { delivered.payload }
    } catch let error as RopewalkError where error.code == .bodyMissing {
      try await lose(note, message, at: position, destinations, BodyStore.damage(error))
      return nil
    }
    if case .logic(let known) = step {
      let gone = destinations.filter { !known.contains($0) }
      if !gone.isEmpty { try await giveUpGone(note, message, at: position, gone) }
      destinations.removeAll { gone.contains($0) }
      guard !destinations.isEmpty else { return nil }
    }
    return StepTable.Entry(
      delivered: delivered,
      note: note,
      position: position,
      message: message,
      open: Set(destinations),
      isReplay: note.replay != nil && step.isLogic
    )
  }

  /// Whether this node has the very message that was handed out once more, and is not done with it.
  func isInWork(_ delivered: Delivered) -> Bool {
    guard delivered.deliveries > 1, let note = try? EntryNote(text: delivered.note) else { return false }
    return table.withLock { $0.held(StepTable.Key(note.message)) }?.sequence == delivered.sequence
  }

  /// Goes on with what is in work here already. A server that restarts hands it out again, which says nothing against the message,
  /// however often it happens.
  func keep(_ delivered: Delivered) {
    connection.acknowledge(delivered, .inProgress)
  }

  /// Whether the ledger says that nothing is left to do with what was handed out.
  func hasEnded(_ delivered: Delivered) -> Bool {
    guard let note = try? EntryNote(text: delivered.note) else { return false }
    return openPairs(of: delivered, note).destinations.isEmpty
  }

  /// Where the message was accepted, and those of this step's destinations at which it has no end.
  private func openPairs(of delivered: Delivered, _ note: EntryNote) -> (position: UInt64, destinations: [String]) {
    let (position, destinations): (UInt64, [String]) =
      switch step {
      case .logic: (delivered.sequence, note.destinations)
      case .outgoing(let destination): (note.position ?? 0, [destination])
      }
    return (position, cluster.follower.read { ledger in destinations.filter { !ledger.hasEnded(position, at: $0) } })
  }

  private func giveUp(_ note: EntryNote, _ message: Message, at position: UInt64, _ destinations: [String], _ failures: Int) async throws {
    var message = message
    // Its payload may be what kills nodes; it is only passed on.
    message.payload = (try? await cluster.original(position)?.payload) ?? []
    var letter = letter(message, note, destinations)
    // With the payload as it came, whichever step had it.
    letter.stage = note.firstStage
    letter.code = ErrorCode.redelivered.name
    letter.message =
      "the last \(failures) nodes that took it ended with it; look at the nodes' logs for what ended them, and replay the letter"
    try await settle(letter, at: position)
  }

  private func giveUpGone(_ note: EntryNote, _ message: Message, at position: UInt64, _ destinations: [String]) async throws {
    var letter = letter(message, note, destinations)
    letter.code = ErrorCode.destinationUnknown.name
    letter.message = Self.goneText(destinations)
    try await settle(letter, at: position)
  }

  static func goneText(_ destinations: [String]) -> String {
    "the integration no longer has \(destinations.map { "'\($0)'" }.joined(separator: ", ")); add it again and replay the letter"
  }

  /// The payload was purged by hand, unless the message has just ended on another node, and its payload went with it.
  private func lose(_ note: EntryNote, _ message: Message, at position: UInt64, _ destinations: [String], _ words: String) async throws {
    try await cluster.catchUp()
    let open = cluster.follower.read { ledger in destinations.filter { !ledger.hasEnded(position, at: $0) } }
    guard !open.isEmpty else { return }
    var letter = letter(message, note, open)
    letter.code = ErrorCode.payloadLost.name
    (letter.message, letter.damage) = (words, words)
    try await settle(letter, at: position)
  }

  func settle(_ letter: DeadLetter, at position: UInt64) async throws {
    let ends = letter.destinations.map { Settlement(position: JournalPosition(position), destination: $0, outcome: .deadLettered) }
    try await cluster.settle(ends, deadLetters: [letter])
  }

  func letter(_ message: Message, _ note: EntryNote, _ destinations: [String]) -> DeadLetter {
    var letter = DeadLetter(
      messageID: message.id,
      integration: integration,
      customer: message.metadata.customerID,
      destinations: destinations,
      stage: step.isLogic ? note.firstStage : DeadLetter.deliveryStage,
      payload: message.payload,
      originalPayload: message.payload,
      receivedAt: message.timestamp,
      failedAt: .now
    )
    letter.tenant = message.metadata.tenantID
    letter.source = message.metadata.source
    letter.contentType = message.contentType
    letter.originalContentType = message.contentType
    letter.headers = message.headers
    letter.originalHeaders = message.headers
    letter.correlationID = message.metadata.correlationID
    letter.traceID = message.metadata.traceID
    letter.replayOf = note.replay?.letterID
    return letter
  }
}

extension EntryNote {
  /// Where the message begins.
  fileprivate var firstStage: String { replay?.stage ?? DeadLetter.startStage }
}

extension StepDesk.Step {
  var isLogic: Bool { if case .logic = self { true } else { false } }
}

extension JetStreamJournal {
  /// A message as it was accepted; nil when it is settled.
  func original(_ position: UInt64) async throws -> Message? {
    guard let stored = try await jetStream.message(position, of: names.accepted) else { return nil }
    let note = try EntryNote(text: stored.note)
    var message = note.message
    message.payload = if let body = note.body { try await bodies.get(body) } else { stored.payload }
    return message
  }
}
