package import RopewalkCore
import RopewalkJournal
import RopewalkSQLite

/// Which journal a process opens, and what it promises.
package struct JournalSettings: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// In the data folder's `journal`; survives the process.
    case sqlite
    /// Survives nothing but its dead letters, which go to `dead-letters.jsonl` in the data folder.
    case memory
  }

  /// What an accepted message survives; see docs/guide/durability.md.
  package enum Durability: String, Sendable, CaseIterable { case fsync, process }

  /// Default `sqlite`.
  package var kind = Kind.sqlite
  /// Default `fsync`.
  package var durability = Durability.fsync
  /// How long a message id is remembered to recognise duplicates. Default 10 minutes.
  package var dedupeWindow = Duration.seconds(600)
  /// How long dead letters are kept. Default 30 days.
  package var deadLetterRetention = Duration.seconds(30 * 86_400)
  /// How long settled messages are kept in the database, for those who look into it by hand. Default zero.
  package var settledRetention = Duration.zero
  /// Messages accepted and not settled. Nil takes the journal's default: 10,000,000 on disk, 100,000 in memory.
  package var maxEntries: Int?
  /// Bytes of those messages. Nil takes the journal's default: 10 GiB on disk, 512 MiB in memory.
  package var maxSize: ByteCount?
  /// Nil takes the default, 100,000.
  package var maxDeadLetters: Int?

  package init() {}

  var sqlite: SQLiteJournalSettings {
    var settings = SQLiteJournalSettings()
    settings.durability = durability == .fsync ? .fsync : .process
    settings.limits = limits(over: settings.limits)
    settings.deadLetterRetention = deadLetterRetention
    settings.settledRetention = settledRetention
    return settings
  }

  var memory: JournalLimits { limits(over: JournalLimits()) }

  private func limits(over defaults: JournalLimits) -> JournalLimits {
    var limits = defaults
    limits.windowDuration = dedupeWindow
    limits.maxEntries = maxEntries ?? limits.maxEntries
    limits.maxSize = maxSize ?? limits.maxSize
    limits.maxDeadLetters = maxDeadLetters ?? limits.maxDeadLetters
    return limits
  }
}
