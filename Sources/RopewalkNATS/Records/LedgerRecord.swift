import RopewalkCore
import RopewalkJournal

/// One entry of the log of ends: what was settled, and what became of dead letters. It counts as a whole or not at all.
struct LedgerRecord: Equatable, Sendable {
  struct Line: Hashable, Sendable {
    var integration: String
    var customer: String
  }

  /// Ends of one message.
  struct Settled: Equatable, Sendable {
    struct End: Equatable, Sendable {
      var destination: String
      var outcome: Settlement.Outcome
    }

    var position: UInt64
    var line: Line
    /// All that the message was accepted for.
    var destinations: [String]
    /// The letter that the message was a replay of.
    var replayOf: String?
    var ends: [End]
  }

  /// A dead letter and where it lies.
  struct Letter: Equatable, Sendable {
    var id: String
    /// In the stream of dead letters.
    var sequence: UInt64
    var line: Line
    var stage: String
    var code: String
    var guestCode: String
    var failedAt: Timestamp
  }

  struct Replayed: Equatable, Sendable {
    var letterID: String
    var position: UInt64
    var time: Timestamp
  }

  struct Discarded: Equatable, Sendable {
    var letterID: String
    var reason: String
    var time: Timestamp
  }

  struct Duplicates: Equatable, Sendable {
    var line: Line
    var count: Int
  }

  var settled: [Settled] = []
  var letters: [Letter] = []
  var replayed: [Replayed] = []
  var discarded: [Discarded] = []
  /// Closed letters that made room for others.
  var forgotten: [String] = []
  var duplicates: [Duplicates] = []

  var isEmpty: Bool { self == LedgerRecord() }
}
