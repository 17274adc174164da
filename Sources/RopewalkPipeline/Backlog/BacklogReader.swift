import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources

/// Reads what waits in the journal alone, a page at a time, and hands it over as there is room.
struct BacklogReader {
  let plan: Plan
  let steps: RunSteps
  let journal: any Journal
  let backlog: Backlog
  let faults: Faults
  let settler: Settler
  let limits: RunLimits
  let stopwatch: Stopwatch
  let dispatch: @Sendable (Passage) -> Void

  private var integration: String { plan.integration.metadata.name }

  /// Finds out what earlier runs left, and reads the first replays.
  /// - Throws: what the journal throws; then nothing must be received.
  func begin() async throws {
    stopwatch.beginWork()
    defer { stopwatch.endWork() }
    backlog.resume(try await journal.inFlight(of: integration))
    if let replays = backlog.nextReplays(pageSize: limits.journalPage) { try await handOver(replays, plan.destinationPlaces) }
  }

  /// Reads until the backlog has ended; a journal that cannot be read is tried again.
  func run() async {
    stopwatch.beginWork()
    defer { stopwatch.endWork() }
    var failures = 0
    let places = plan.destinationPlaces
    let backoff = Backoff(policy: limits.storageBackoff)
    var generator = SystemRandomNumberGenerator()
    while let read = await backlog.nextRead(pageSize: limits.journalPage) {
      do {
        try await handOver(read, places)
        failures = 0
        faults.clear(.journalRead)
      } catch {
        faults.report(.journalRead, "the journal cannot be read; what waits in it stays there: \(error)")
        failures += 1
        let wait = backoff.wait(afterFailure: failures, using: &generator) ?? .seconds(1)
        do { try await stopwatch.sleep(until: stopwatch.elapsed + wait) } catch { return }
      }
    }
  }

  private func handOver(_ read: BacklogRead, _ places: [String: Int]) async throws {
    let page = try await journal.unsettled(in: lane(of: read), after: read.after, limit: read.limit, maxSize: read.maxSize)
    let (entries, isEnd) = backlog.take(page, of: read, places: places)
    for entry in entries { handOver(entry) }
    // Only now may later messages of the lane go on from memory.
    backlog.finish(read, isEnd: isEnd)
  }

  private func handOver(_ read: BacklogEntry) {
    let entry = read.entry
    let accepted = AcceptedMessage(
      position: entry.position,
      original: entry.message,
      destinations: read.destinations,
      openPairs: read.destinations.count + read.gone.count,
      acceptedAt: acceptedAt(entry),
      lane: read.lane,
      size: read.size,
      orderingKey: plan.orderingKey(of: entry.message),
      replay: entry.replay,
      attempts: entry.attempts
    )
    if let damage = entry.damage {
      for name in read.gone { settler.lost(accepted, destination: name, .payloadLost(damage)) }
      return lose(accepted, read, .payloadLost(damage))
    }
    for name in read.gone { settler.orphaned(accepted, destination: name) }
    guard !read.destinations.isEmpty else { return }
    do throws(ReplayStart.Problem) {
      dispatch(try passage(of: accepted, read))
    } catch {
      lose(accepted, read, .replay(error))
    }
  }

  private func lose(_ accepted: AcceptedMessage, _ read: BacklogEntry, _ reason: LossReason) {
    for place in read.destinations { settler.lost(accepted, destination: plan.destinations[place].name, reason) }
  }

  /// By the civil time that the journal has of it; clocks that were set back must not make it later than now. A replay
  /// counts from here: its message keeps the time at which it first came.
  private func acceptedAt(_ entry: UnsettledEntry) -> Duration {
    let now = stopwatch.elapsed
    guard entry.replay == nil else { return now }
    let age = Duration.nanoseconds(stopwatch.timestamp.nanoseconds) - .nanoseconds(entry.message.timestamp.nanoseconds)
    return now - max(age, .zero)
  }

  /// - Throws: why a replay cannot begin.
  private func passage(of accepted: AcceptedMessage, _ read: BacklogEntry) throws(ReplayStart.Problem) -> Passage {
    let message = read.entry.message
    guard let replay = accepted.replay else { return Passage(accepted: accepted, message: message) }
    // The stages are those of the steps as they are now, so the message goes through these however they change.
    let (common, own) = (steps.common.current, steps.own.map { $0?.current })
    var plan = plan
    plan.steps = common.steps
    for place in plan.destinations.indices { plan.destinations[place].steps = own[place]?.steps ?? [] }
    let start = try ReplayStart(replay, destinations: read.destinations, in: plan)
    guard replay.stage != nil else { return Passage(accepted: accepted, message: message) }
    return Passage(
      accepted: accepted,
      message: message,
      nextStep: start.nextStep,
      firstOwnStep: start.firstOwnStep,
      steps: common,
      // Only a replay for one destination begins within that one's own steps.
      ownSteps: read.destinations.count == 1 ? own[read.destinations[0]] : nil
    )
  }

  private func lane(of read: BacklogRead) -> JournalLane {
    switch read.source {
    case .replays:
      .replays(integration: integration)
    case .lane(let turn, _):
      .accepted(
        integration: integration,
        customer: turn.lane.customer,
        destination: turn.destination.map { plan.destinations[$0].name }
      )
    }
  }
}
