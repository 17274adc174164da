import RopewalkCore
package import RopewalkJournal

/// Sends dead letters again: each is put into the journal as a new entry, which closes its letter with the same write.
/// Whoever runs the integration takes it from there.
package final class Replayer: Sendable {
  /// How far a replay is.
  package struct Progress: Sendable, Equatable {
    package var total: Int
    /// In the journal, their letters closed.
    package var replayed = 0
    /// Those that were not open any more, because someone else replayed or discarded them.
    package var skipped = 0
    /// Those whose original message is not kept any more; they stay open.
    package var withoutOriginal: [String] = []
    /// Those whose payloads cannot be read; they stay open.
    package var damaged: [String] = []
    /// Whether the journal took nothing the last time it was asked, because it is full.
    package var isWaiting = false

    package var done: Int { replayed + skipped + withoutOriginal.count + damaged.count }

    package init(total: Int) {
      self.total = total
    }
  }

  private let journal: any Journal
  private let stopwatch: Stopwatch
  private let stopRequested = Gate()

  package init(_ journal: any Journal, clock: any Clock<Duration> = ContinuousClock()) {
    self.journal = journal
    self.stopwatch = Stopwatch(clock)
  }

  /// Sends letters again one by one, in order, until all are or ``stop()``; each letter is then replayed or open, nothing in between.
  /// - Parameter onProgress: told after each letter, and when the journal is full; must not block.
  /// - Throws: what the journal throws.
  package func replay(
    _ selection: LetterSelection,
    as request: ReplayRequest,
    onProgress: (Progress) -> Void = { _ in }
  ) async throws -> Progress {
    var progress = Progress(total: selection.ids.count)
    var pace = ReplayPace(rate: request.rate)
    var (rest, batch) = (selection.ids[...], ReplayLimits.batch)
    while !rest.isEmpty {
      for letter in try await letters(&rest, upTo: &batch, &progress) {
        guard await wait(until: pace.reserve(at: stopwatch.elapsed)) else { return progress }
        switch try await entry(for: letter, as: request) {
        case .entry(let entry): guard try await append(entry, &progress, onProgress) else { return progress }
        case .withoutOriginal: progress.withoutOriginal.append(letter.id)
        case .damaged: progress.damaged.append(letter.id)
        }
        onProgress(progress)
      }
    }
    return progress
  }

  /// Ends ``replay(_:as:onProgress:)`` after the letter at hand.
  package func stop() {
    stopRequested.open()
  }

  /// The letters of the first ids that are still open, in the order of the ids: as many as fit.
  /// - Parameter batch: how many are tried, which becomes what fitted.
  private func letters(_ rest: inout ArraySlice<String>, upTo batch: inout Int, _ progress: inout Progress) async throws -> [DeadLetter] {
    while true {
      let ids = rest.prefix(batch)
      let query = DeadLetterQuery(ids: Array(ids))
      let page = try await journal.deadLetters(matching: query, after: nil, limit: ids.count, maxSize: ReplayLimits.pageSize)
      // A page has them in the order of their own ids, so that one that is cut may lack the first.
      guard page.isEnd || page.letters.count == ids.count || ids.count == 1 else {
        batch = max(1, ids.count / 2)
        continue
      }
      progress.skipped += ids.count - page.letters.count
      rest = rest.dropFirst(ids.count)
      batch = min(ReplayLimits.batch, ids.count * 2)
      let byID = Dictionary(uniqueKeysWithValues: page.letters.map { ($0.id, $0) })
      return ids.compactMap { byID[$0] }
    }
  }

  private enum Way {
    case entry(JournalEntry)
    case withoutOriginal
    case damaged
  }

  private func entry(for letter: DeadLetter, as request: ReplayRequest) async throws -> Way {
    let source = request.start == .failedStage ? letter : try await journal.first(of: letter)
    guard let source else { return .withoutOriginal }
    // Of some damaged ones not even the destinations are left.
    guard source.damage == nil || request.payload != nil, !letter.destinations.isEmpty else { return .damaged }
    return switch request.start {
    case .failedStage: .entry(letter.entryResuming(payload: request.payload, versions: request.versions))
    case .firstStep: .entry(letter.entryFromStart(first: source, payload: request.payload, versions: request.versions))
    }
  }

  /// Returns false when it was stopped before the journal took the entry.
  private func append(
    _ entry: JournalEntry,
    _ progress: inout Progress,
    _ onProgress: (Progress) -> Void
  ) async throws -> Bool {
    while true {
      switch try await journal.append([entry]).first {
      case .accepted:
        progress.replayed += 1
        progress.isWaiting = false
        return true
      case .duplicate, nil:
        progress.skipped += 1
        return true
      case .full:
        progress.isWaiting = true
        onProgress(progress)
        guard await wait(until: stopwatch.elapsed + ReplayLimits.fullWait) else { return false }
      }
    }
  }

  /// Returns false when it was stopped meanwhile.
  private func wait(until time: Duration) async -> Bool {
    if time > stopwatch.elapsed {
      await withTaskGroup { group in
        group.addTask { try? await self.stopwatch.sleep(until: time) }
        group.addTask { await self.stopRequested.wait() }
        await group.next()
        group.cancelAll()
      }
    }
    return !stopRequested.isOpen && !Task.isCancelled
  }
}

extension Journal {
  /// The letter that has a letter's message as it came: itself, or the one at the beginning of the replays that led to it.
  /// - Returns: nil when that one is not kept any more.
  package func first(of letter: DeadLetter) async throws -> DeadLetter? {
    var letter = letter
    for _ in 0..<ReplayLimits.maxGenerations where letter.firstStage != nil {
      guard let previous = letter.replayOf,
        let found = try await deadLetters(matching: DeadLetterQuery(ids: [previous], state: nil), after: nil, limit: 1).first
      else { return nil }
      letter = found
    }
    return letter.firstStage == nil ? letter : nil
  }
}
