import Logging
import RopewalkCore
import RopewalkJournal

extension StepDesk {
  /// Messages of a forsaken queue that are asked for at once.
  private static let forsakenWindow = 64
  /// Before a forsaken queue is asked again whose last messages somebody else may still have.
  private static let forsakenWait: Duration = .milliseconds(100)

  /// What a node does for its integration's queues beside its work, until the task is cancelled. The logic gives up what waits for
  /// destinations that are gone; whoever delivers shows that a queue is not forsaken.
  func keepQueuesUntilCancelled() async {
    switch step {
    case .logic(let destinations):
      let known = Set(destinations.map(TenantNames.token))
      var queues = ForsakenQueues(after: limits.forsakenAfter, lookedAtEvery: limits.forsakenCheck)
      repeat {
        do {
          let seen = try await signs(besides: known)
          for token in queues.look(at: seen, .now) { try await giveUpQueue(of: token) }
        } catch is CancellationError {
          return
        } catch {
          logger.warning(
            "What waits for destinations that the integration no longer has cannot be given up now; it is tried again later",
            metadata: ["ropewalk.integration": "\(integration)", "error": "\(error)"]
          )
        }
      } while (try? await Task.sleep(for: limits.forsakenCheck)) != nil
    case .outgoing:
      while (try? await Task.sleep(for: limits.forsakenAfter / 4)) != nil { await showPresence() }
    }
  }

  /// A node that has no room asks for nothing, perhaps for hours, while its destination is down: then only this shows that it is there.
  private func showPresence() async {
    guard isFull, connection.isConnected else { return }
    var configuration = consumer.configuration
    configuration.mark = MessageID.next()
    do {
      _ = try await cluster.jetStream.ensure(configuration, on: consumer.stream)
    } catch {
      logger.debug("A queue's consumer cannot be marked now; it is tried again later", metadata: ["error": "\(error)"])
    }
  }

  /// What there is to see of the queues of destinations that this node does not know, by their tokens.
  private func signs(besides known: Set<String>) async throws -> [String: ForsakenQueues.Signs] {
    let (jetStream, names) = (cluster.jetStream, cluster.names)
    var queues: [String: ForsakenQueues.Signs] = [:]
    for (subject, count) in try await jetStream.subjects(of: names.steps, matching: names.allSteps(integration)) {
      let token = TenantNames.destination(of: subject)
      if !known.contains(token) { queues[token, default: .init()].messages += count }
    }
    for token in queues.keys.sorted() {
      let consumer = names.stepConsumer(integration, destination: token)
      guard let info = try await jetStream.info(ofConsumer: consumer, of: names.steps) else { continue }
      queues[token]?.delivered = info["delivered"]?["consumer_seq"]?.int ?? 0
      queues[token]?.acknowledged = info["ack_floor"]?["consumer_seq"]?.int ?? 0
      queues[token]?.redelivered = info["num_redelivered"]?.int ?? 0
      queues[token]?.mark = info["config"]?["metadata"]?[ConsumerConfiguration.markKey]?.string ?? ""
      queues[token]?.isAsked = info["num_waiting"]?.int ?? 0 > 0
    }
    return queues
  }

  /// Makes dead letters of what waits in a queue, and removes its consumer. It is taken from the queue as a node would take it that
  /// delivers, so that several nodes that do this at once make one letter of each message.
  private func giveUpQueue(of token: String) async throws {
    let destination = TenantNames.name(of: token)
    let desk = StepDesk(cluster, integration: integration, step: .outgoing(destination: destination), limits: limits, logger: logger)
    let (stream, configuration) = desk.consumer
    let messages = try await PullConsumer(cluster.jetStream, stream: stream, configuration, window: Self.forsakenWindow)
    defer {
      for delivered in messages.takeReady(upTo: .max) { desk.giveBack(delivered, after: .zero) }
      messages.close()
    }
    var (count, last) = (0, ContinuousClock.now)
    while true {
      try Task.checkCancellation()
      let batch = messages.takeReady(upTo: Self.forsakenWindow)
      if !batch.isEmpty {
        try await desk.giveUp(batch, destination)
        count += batch.count
        last = .now
        continue
      }
      // Another node that did the same was first.
      guard let info = try await cluster.jetStream.info(ofConsumer: messages.name, of: stream) else { return }
      if info["num_pending"]?.int == 0, info["num_ack_pending"]?.int == 0 { break }
      // What another node had is handed out once the wait for it is over; what is not by then is left to the next look.
      guard last + limits.acknowledgementWait * 2 > .now else { return }
      try await Task.sleep(for: Self.forsakenWait)
    }
    messages.close()
    try await cluster.jetStream.delete(consumer: messages.name, of: stream)
    logger.notice(
      "The integration no longer has a destination; what waited for it was given up and goes to the dead letters",
      metadata: ["ropewalk.integration": "\(integration)", "ropewalk.destination": "\(destination)", "count": "\(count)"]
    )
  }

  private func giveUp(_ batch: [Delivered], _ destination: String) async throws {
    var left = batch[...]
    do {
      while let delivered = left.first {
        if let entry = try await prepare(delivered) { try await giveUpForsaken(entry, destination) }
        await finish(delivered)
        left.removeFirst()
      }
    } catch {
      for delivered in left { giveBack(delivered, after: limits.forsakenCheck) }
      throw error
    }
  }

  /// The letter has the message as it would have been delivered, and as it came.
  private func giveUpForsaken(_ entry: StepTable.Entry, _ destination: String) async throws {
    var letter = letter(entry.message, entry.note, [destination])
    letter.isOfGoneDestinations()
    do {
      if let original = try await cluster.original(entry.position) { letter.came(as: original) }
    } catch let error as RopewalkError where error.code == .bodyMissing {
      // Somebody purged it; what would have been delivered is there.
    }
    try await settle(letter, at: entry.position)
  }
}
