import RopewalkCore

/// A node's copy of the ledger, and how far it has read the stream of records.
///
/// A record is taken only behind the one before it, so that the ledger never has a hole. Of records that are missing, those that were
/// lost on their way are read again, and those that are not in the stream any more are in the last snapshot.
struct LedgerReading {
  enum Verdict: Equatable {
    case taken
    /// Of a reading that is over.
    case stale
    /// One before it was lost on its way.
    case lost
    /// Records before it are not in the stream any more. It goes on from the last snapshot.
    case gone
    /// Nothing behind it can be taken either.
    case unreadable
  }

  private(set) var ledger: LedgerState
  /// When the last record was stored, by the server's clock; 1970 while there is none.
  private(set) var time = Timestamp(nanoseconds: 0)
  private(set) var failure: RopewalkError?
  /// Whether it waits for the last snapshot.
  private(set) var isBehind = false
  private var lastSnapshot: UInt64
  private var recordsSinceSnapshot = 0
  private var reading: UInt64 = 0
  private var consumerSequence: UInt64 = 0
  /// The message in front of which records were missing last.
  private var hole: UInt64 = 0
  /// Up to this message, what is missing is in no snapshot either.
  private var searched: UInt64 = 0

  /// - Parameter snapshot: the message that the ledger was read from; 0 for none.
  init(_ ledger: LedgerState, snapshot: UInt64) {
    self.ledger = ledger
    lastSnapshot = snapshot
  }

  /// Begins another reading. Returns its number and the message that it begins with; nil when there is none to be read now.
  mutating func begin() -> (reading: UInt64, start: UInt64)? {
    guard failure == nil, !isBehind else { return nil }
    reading += 1
    consumerSequence = 0
    return (reading, ledger.sequence + 1)
  }

  /// Whether it is the one that was begun last.
  func isCurrent(_ reading: UInt64) -> Bool { reading == self.reading }

  /// - Parameter snapshots: the subject of those.
  mutating func take(_ message: Delivered, of reading: UInt64, snapshots: String) -> Verdict {
    guard reading == self.reading, failure == nil, !isBehind else { return .stale }
    guard message.consumerSequence == consumerSequence + 1 else { return .lost }
    guard message.sequence == ledger.sequence + 1 || message.sequence <= searched else {
      (isBehind, hole) = (true, message.sequence)
      return .gone
    }
    consumerSequence = message.consumerSequence
    do throws(RopewalkError) {
      try apply(message, isSnapshot: message.subject == snapshots)
    } catch {
      failure = error
      return .unreadable
    }
    time = max(time, message.time)
    return .taken
  }

  private mutating func apply(_ message: Delivered, isSnapshot: Bool) throws(RopewalkError) {
    if isSnapshot {
      (lastSnapshot, recordsSinceSnapshot) = (message.sequence, 0)
      ledger.sequence = max(ledger.sequence, message.sequence)
    } else {
      let record = try LedgerRecord(bytes: message.payload, sequence: message.sequence)
      ledger.apply(record, at: message.sequence, message.time)
      recordsSinceSnapshot += 1
    }
    ledger.since = ledger.since ?? message.time
  }

  /// Goes on from the last snapshot, which was read after records were found missing. Returns whether they are in it: otherwise nobody
  /// has them, as when somebody removed them by hand, and the next ones are taken without them.
  mutating func goOn(from ledger: LedgerState, snapshot: UInt64) -> Bool {
    isBehind = false
    guard ledger.sequence > self.ledger.sequence else {
      searched = hole
      return false
    }
    (self.ledger, lastSnapshot, recordsSinceSnapshot) = (ledger, snapshot, 0)
    return true
  }

  /// The ledger, and the last snapshot's message, when so many records have come since then.
  ///
  /// Only one that has passed the last snapshot, so that what goes with that is in the next one.
  mutating func snapshotIfDue(after records: Int) -> (ledger: LedgerState, previous: UInt64)? {
    guard failure == nil, !isBehind, recordsSinceSnapshot >= records, ledger.sequence > lastSnapshot else { return nil }
    recordsSinceSnapshot = 0
    return (ledger, lastSnapshot)
  }

  /// Takes nothing any more. The first failure stays.
  mutating func fail(_ error: RopewalkError) {
    failure = failure ?? error
  }
}
