import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import Synchronization

/// Where every pair of message and destination ends: the journal is told, many pairs at a time and together with the
/// letters of those that were given up, and only then is the message's place given to another.
///
/// When the journal cannot be written it is tried again until it can, the run says so, and meanwhile the messages stay in flight.
final class Settler: Sendable {
  private let journal: any Journal
  private let names: [String]
  private let places: [String: Int]
  private let backlog: Backlog
  private let counts: PipelineCounts
  private let faults: Faults
  private let alerts: AlertWatch
  private let storageBackoff: Backoff
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let onSettled: (@Sendable (SettledMessage) -> Void)?
  private let endings: BatchQueue<Ending>
  /// Those whose letters found no room.
  private let withoutRoom: BatchQueue<Ending>
  private let notes: AttemptNotes

  init(
    plan: Plan,
    journal: any Journal,
    backlog: Backlog,
    counts: PipelineCounts,
    faults: Faults,
    alerts: AlertWatch,
    limits: RunLimits,
    stopwatch: Stopwatch,
    logger: Logger,
    onSettled: (@Sendable (SettledMessage) -> Void)?
  ) {
    self.journal = journal
    self.names = plan.destinations.map(\.name)
    self.places = plan.destinationPlaces
    self.backlog = backlog
    self.counts = counts
    self.faults = faults
    self.alerts = alerts
    self.storageBackoff = Backoff(policy: limits.storageBackoff)
    self.stopwatch = stopwatch
    self.logger = logger
    self.onSettled = onSettled
    self.endings = BatchQueue(maxBatch: limits.maxSettleBatch, stopwatch: stopwatch)
    self.withoutRoom = BatchQueue(maxBatch: limits.maxSettleBatch, stopwatch: stopwatch)
    self.notes = AttemptNotes(journal: journal, limits: limits, stopwatch: stopwatch)
  }

  /// Whether all that has ended is in the journal, but for what waits there until there is room for its letter.
  var isIdle: Bool { endings.isIdle && (withoutRoom.isIdle || journal.isDurable) }

  /// - Parameter place: the destination's.
  func delivered(_ delivery: Delivery, at place: Int) {
    let attempts = delivery.machine.withLock(\.attempts)
    let destination = delivery.message.metadata.destination
    endings.append(ending(delivery.accepted, destination, at: place, .delivered, delivery.message, attempts: attempts))
  }

  /// - Parameter destination: the one that the message does not go to; nil for all of its destinations.
  func filtered(_ passage: Passage, by step: String, destination: String?) {
    endings.append(
      contentsOf: ends(of: passage, destination).map {
        ending(passage.accepted, $0, at: places[$0], .filtered, passage.message, step: step)
      }
    )
  }

  func failed(_ passage: Passage, in step: PlannedStep, _ error: LogicError, destination: String?) {
    let destinations = ends(of: passage, destination)
    let letter = DeadLetter(passage, in: step, error, destinations: destinations, failedAt: stopwatch.timestamp)
    give(up: passage.accepted, passage.message, attempts: 0, letter)
  }

  /// - Parameter node: the destination's connector.
  func failed(_ delivery: Delivery, at node: PluginMetadata, _ error: ConnectionError) {
    let failures = delivery.machine.withLock(\.failures)
    let letter = DeadLetter(delivery, to: node, error, attempts: failures, failedAt: stopwatch.timestamp)
    give(up: delivery.accepted, delivery.message, attempts: failures.count, letter)
  }

  /// A delivery that will be tried again.
  func failed(_ delivery: Delivery) {
    notes.append(delivery)
  }

  /// Gives up a recovered message's destination that the integration no longer has.
  func orphaned(_ accepted: AcceptedMessage, destination: String) {
    let letter = DeadLetter(orphan: accepted, destination: destination, failedAt: stopwatch.timestamp)
    give(up: accepted, accepted.original, attempts: 0, letter)
  }

  /// Gives up a message that cannot begin its way.
  func lost(_ accepted: AcceptedMessage, destination: String, _ reason: LossReason) {
    let letter = DeadLetter(lost: accepted, destination: destination, reason, failedAt: stopwatch.timestamp)
    give(up: accepted, accepted.original, attempts: 0, letter)
  }

  /// Writes until ``finish()`` and everything is written; when the task is cancelled, tries once more and gives up.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.notes.run() }
      await withDiscardingTaskGroup { group in
        group.addTask { await self.withoutRoom.run { await self.settleAsThereIsRoom($0) } }
        await endings.run { await settle($0) }
        withoutRoom.finish()
        // What finds no room by now stays in flight.
        group.cancelAll()
      }
    }
  }

  /// Nothing else ends.
  func finish() {
    endings.finish()
    notes.finish()
  }

  private func ends(of passage: Passage, _ destination: String?) -> [String] {
    destination.map { [$0] } ?? passage.accepted.destinations.map { names[$0] }
  }

  private func ending(
    _ accepted: AcceptedMessage,
    _ destination: String,
    at place: Int?,
    _ outcome: Settlement.Outcome,
    _ message: Message,
    attempts: Int = 0,
    step: String? = nil,
    letter: DeadLetter? = nil
  ) -> Ending {
    let settled =
      onSettled == nil
      ? nil
      : SettledMessage(destination: destination, outcome: outcome, message: message, attempts: attempts, step: step, deadLetter: letter)
    return Ending(
      accepted: accepted,
      destination: destination,
      place: place,
      outcome: outcome,
      letter: letter,
      endedAt: stopwatch.elapsed,
      settled: settled
    )
  }

  private func give(up accepted: AcceptedMessage, _ message: Message, attempts: Int, _ letter: DeadLetter) {
    logger.log(
      // Once an alert stands, whoever reads the log knows.
      level: alerts.isStanding(letter) ? .debug : .notice,
      "A message was given up and goes to the dead letters",
      metadata: [
        "ropewalk.customer": "\(letter.customer)", "ropewalk.message": "\(letter.messageID)", "ropewalk.stage": "\(letter.stage)",
        "ropewalk.destination": "\(letter.destinations.joined(separator: ", "))",
        "code": "\(letter.guestCode.isEmpty ? letter.code : "\(letter.guestCode) (\(letter.code))")", "error": "\(letter.message)",
      ]
    )
    endings.append(
      contentsOf: letter.destinations.map {
        ending(accepted, $0, at: places[$0], .deadLettered, message, attempts: attempts, letter: letter)
      }
    )
  }

  /// Settles what has ended; where there is no room for the letters, everything else, so that nobody waits for them.
  private func settle(_ batch: ArraySlice<Ending>) async {
    let hasLetters = batch.contains { $0.letter != nil }
    var others: [Ending]?
    await persistently(.journalSettle, "the journal cannot be written; settled messages count as in flight") {
      do {
        try await write(batch)
      } catch let error as RopewalkError where error.code == .deadLettersFull && hasLetters {
        others = batch.filter { $0.letter == nil }
      }
    }
    guard let others else { return }
    withoutRoom.append(contentsOf: batch.filter { $0.letter != nil })
    if !others.isEmpty { await settle(others[...]) }
  }

  /// Settles what found no room for its letters, as far as there is some.
  private func settleAsThereIsRoom(_ batch: ArraySlice<Ending>) async {
    var rest = Array(batch)
    await persistently(.deadLetters, "there is no room for dead letters; messages that were given up count as in flight") {
      do {
        try await write(rest[...])
      } catch let full as RopewalkError where full.code == .deadLettersFull {
        // There may be room for some of them, also behind one that is too large.
        var left: [Ending] = []
        defer { rest = left + rest }
        while let letter = rest.first?.letter {
          let one = rest.prefix { $0.letter?.id == letter.id }
          do { try await write(one) } catch let error as RopewalkError where error.code == .deadLettersFull { left += one }
          rest.removeFirst(one.count)
        }
        if !left.isEmpty { throw full }
      }
    }
  }

  private func write(_ batch: ArraySlice<Ending>) async throws {
    let letters = Self.letters(of: batch)
    try await journal.settle(batch.map(\.settlement), deadLetters: letters)
    counts.record(batch)
    alerts.record(letters)
    backlog.settled(batch)
    if let onSettled { batch.lazy.compactMap(\.settled).forEach(onSettled) }
  }

  /// Each letter once: the endings of one follow one another.
  private static func letters(of batch: ArraySlice<Ending>) -> [DeadLetter] {
    var letters: [DeadLetter] = []
    for ending in batch {
      if let letter = ending.letter, letter.id != letters.last?.id { letters.append(letter) }
    }
    return letters
  }

  /// Tries until it succeeds or the task is cancelled, at least once.
  private func persistently(_ place: Faults.Place, _ text: String, _ body: () async throws -> Void) async {
    var failures = 0
    var generator = SystemRandomNumberGenerator()
    while true {
      do {
        try await body()
        return faults.clear(place)
      } catch {
        faults.report(place, "\(text): \(error)")
      }
      failures += 1
      guard let wait = storageBackoff.wait(afterFailure: failures, using: &generator) else { return }
      do { try await stopwatch.sleep(until: stopwatch.elapsed + wait) } catch { return }
    }
  }
}
