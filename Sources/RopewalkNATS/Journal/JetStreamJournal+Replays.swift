import RopewalkCore
import RopewalkJournal
import Synchronization

/// A replay and the closing of its letter are two writes, into two streams. Who dies between them leaves a letter that the ledger has
/// for open, and a replay that names it: whoever finds that closes the letter, before he sends any again.
extension JetStreamJournal {
  /// Letters that one record closes.
  private static let maxClosed = 1000

  /// Replays that are known to be stored.
  struct StoredReplays {
    /// Where they stand, by their letters, as long as no record closes these.
    var unclosed: [String: UInt64] = [:]
    /// Everything up to here was looked at.
    var through: UInt64 = 0
    /// Until then the server knows the ids of later ones, and refuses the same again.
    var isFreshUntil = ContinuousClock.now
  }

  /// Should the letter's record not be written, that is made up for later.
  func append(_ entry: JournalEntry, replaying letter: String) async throws -> AppendResult {
    try await lookForReplays()
    try await catchUp()
    let isOpen = follower.read { $0.letters[letter]?.state == .open }
    guard isOpen, !isStored(letter), let result = try await store([entry]).first else { return .duplicate }
    if case .accepted(let position) = result {
      state.withLock { $0.replays.unclosed[letter] = position.value }
      try? await closeReplayed()
    }
    return result
  }

  /// Finds the replays that others have stored, unless it has done so lately, and closes the letters that are open all the same.
  ///
  /// What has ended meanwhile is not found: its end, which was written before, has closed its letter.
  func lookForReplays() async throws {
    let (through, isFresh) = state.withLock { ($0.replays.through, $0.replays.isFreshUntil > .now) }
    if !isFresh {
      let start = ContinuousClock.now
      let window = try await jetStream.duplicateWindow(of: names.accepted)
      var found: [String: UInt64] = [:]
      let last = try await jetStream.forEachMessage(of: names.accepted, subject: names.replays, from: through + 1) { message in
        if let letter = try EntryNote(text: message.note).replay?.letterID { found[letter] = message.sequence }
      }.lastSequence
      state.withLock { [found] state in
        state.replays.unclosed.merge(found) { $1 }
        state.replays.through = last
        // Half of the window is for the way there.
        state.replays.isFreshUntil = start + window / 2
      }
    }
    try? await closeReplayed()
  }

  private func isStored(_ letter: String) -> Bool {
    state.withLock { $0.replays.unclosed[letter] != nil }
  }

  private func closeReplayed() async throws {
    let unclosed = state.withLock(\.replays.unclosed)
    guard !unclosed.isEmpty else { return }
    try await catchUp()
    let open = follower.read { ledger in unclosed.filter { ledger.letters[$0.key]?.state == .open } }
    var rest = ArraySlice(open.sorted { $0.value < $1.value })
    while !rest.isEmpty {
      let replayed = rest.prefix(Self.maxClosed).map { LedgerRecord.Replayed(letterID: $0.key, position: $0.value, time: .now) }
      _ = try await write(LedgerRecord(replayed: replayed))
      rest = rest.dropFirst(Self.maxClosed)
    }
    state.withLock { state in
      for letter in unclosed.keys { state.replays.unclosed[letter] = nil }
    }
  }
}
