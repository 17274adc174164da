import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins
import Synchronization

/// Where every pair of message and destination ends: dead letters are written first, then the journal is told, many
/// pairs at a time, and only then is the message's place given to another.
///
/// When either cannot be written it is tried again until it can, the run says so, and meanwhile the messages stay in flight.
final class Settler: Sendable {
  private struct Failed: Sendable {
    let letter: DeadLetter
    let endings: [Ending]
  }

  private let journal: any Journal
  private let deadLetters: DeadLetters
  private let names: [String]
  private let admission: Admission
  private let counts: PipelineCounts
  private let faults: Faults
  private let storageBackoff: Backoff
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let onSettled: (@Sendable (SettledMessage) -> Void)?
  private let failed: BatchQueue<Failed>
  private let endings: BatchQueue<Ending>

  init(
    plan: Plan,
    journal: any Journal,
    deadLetters: DeadLetters,
    admission: Admission,
    counts: PipelineCounts,
    faults: Faults,
    limits: RunLimits,
    stopwatch: Stopwatch,
    logger: Logger,
    onSettled: (@Sendable (SettledMessage) -> Void)?
  ) {
    self.journal = journal
    self.deadLetters = deadLetters
    self.names = plan.destinations.map(\.name)
    self.admission = admission
    self.counts = counts
    self.faults = faults
    self.storageBackoff = Backoff(policy: limits.storageBackoff)
    self.stopwatch = stopwatch
    self.logger = logger
    self.onSettled = onSettled
    self.failed = BatchQueue(maxBatch: limits.maxDeadLetterBatch, stopwatch: stopwatch)
    self.endings = BatchQueue(maxBatch: limits.maxSettleBatch, stopwatch: stopwatch)
  }

  func delivered(_ delivery: Delivery) {
    let attempts = delivery.machine.withLock(\.attempts)
    let destination = delivery.message.metadata.destination
    endings.append(ending(delivery.accepted, destination, .delivered, delivery.message, attempts: attempts))
  }

  /// - Parameter destination: the one that the message does not go to; nil for all of its destinations.
  func filtered(_ passage: Passage, by step: String, destination: String?) {
    endings.append(
      contentsOf: ends(of: passage, destination).map { ending(passage.accepted, $0, .filtered, passage.message, step: step) }
    )
  }

  func failed(_ passage: Passage, in step: String, _ error: LogicError, destination: String?) {
    let letter = DeadLetter(passage, in: step, error, destination: destination, failedAt: stopwatch.timestamp)
    give(up: passage.accepted, passage.message, attempts: 0, destinations: ends(of: passage, destination), letter)
  }

  func failed(_ delivery: Delivery, _ error: ConnectionError) {
    let failures = delivery.machine.withLock(\.failures)
    let letter = DeadLetter(delivery, error, attempts: failures, failedAt: stopwatch.timestamp)
    let destination = delivery.message.metadata.destination
    give(up: delivery.accepted, delivery.message, attempts: failures.count, destinations: [destination], letter)
  }

  /// Gives up a recovered message's destination that the integration no longer has.
  func orphaned(_ accepted: AcceptedMessage, destination: String) {
    let letter = DeadLetter(orphan: accepted, destination: destination, failedAt: stopwatch.timestamp)
    give(up: accepted, accepted.original, attempts: 0, destinations: [destination], letter)
  }

  /// Writes until ``finish()`` and everything is written; when the task is cancelled, tries once more and gives up.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.endings.run { await self.settle($0) } }
      await failed.run { await write($0) }
      endings.finish()
    }
  }

  /// Nothing else ends.
  func finish() {
    failed.finish()
  }

  private func ends(of passage: Passage, _ destination: String?) -> [String] {
    destination.map { [$0] } ?? passage.accepted.destinations.map { names[$0] }
  }

  private func ending(
    _ accepted: AcceptedMessage,
    _ destination: String,
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
    return Ending(accepted: accepted, destination: destination, outcome: outcome, endedAt: stopwatch.elapsed, settled: settled)
  }

  private func give(up accepted: AcceptedMessage, _ message: Message, attempts: Int, destinations: [String], _ letter: DeadLetter) {
    logger.notice(
      "A message was given up and goes to the dead letters",
      metadata: [
        "ropewalk.customer": "\(letter.customer)", "ropewalk.message": "\(letter.messageID)", "ropewalk.stage": "\(letter.stage)",
        "ropewalk.destination": "\(letter.destination ?? "all")", "code": "\(letter.code)", "error": "\(letter.message)",
      ]
    )
    let endings = destinations.map { ending(accepted, $0, .deadLettered, message, attempts: attempts, letter: letter) }
    failed.append(Failed(letter: letter, endings: endings))
  }

  private func write(_ batch: ArraySlice<Failed>) async {
    let letters = batch.map(\.letter)
    let isWritten = await persistently(.deadLetters, "dead letters cannot be written; their messages stay in flight") {
      try await self.deadLetters.append(letters)
    }
    if isWritten { endings.append(contentsOf: batch.flatMap(\.endings)) }
  }

  private func settle(_ batch: ArraySlice<Ending>) async {
    let settlements = batch.map(\.settlement)
    let isSettled = await persistently(.journalSettle, "the journal cannot be written; delivered messages count as in flight") {
      try await self.journal.settle(settlements)
    }
    guard isSettled else { return }
    counts.record(batch)
    var settled: [String] = []
    for ending in batch where ending.accepted.settleOne() { settled.append(ending.accepted.customer) }
    admission.release(settled)
    if let onSettled { batch.lazy.compactMap(\.settled).forEach(onSettled) }
  }

  /// Tries until it succeeds; false when the task was cancelled first.
  private func persistently(_ place: Faults.Place, _ text: String, _ body: () async throws -> Void) async -> Bool {
    var failures = 0
    var generator = SystemRandomNumberGenerator()
    while true {
      do {
        try await body()
        faults.clear(place)
        return true
      } catch {
        faults.report(place, "\(text): \(error)")
      }
      failures += 1
      guard let wait = storageBackoff.wait(afterFailure: failures, using: &generator) else { return false }
      do { try await stopwatch.sleep(until: stopwatch.elapsed + wait) } catch { return false }
    }
  }
}
