package import RopewalkCore
package import RopewalkJournal

/// How a ``SQLiteJournal`` keeps what it is given, and how much of it.
package struct SQLiteJournalSettings: Sendable, Equatable {
  /// What an answered append, and a dead letter, survive. Ends without a letter survive the end of the process; a power cut may
  /// take the last ones back, and then those messages are delivered again.
  package enum Durability: String, Sendable, CaseIterable {
    /// A power cut: it is synced to disk, many at a time, before it is answered.
    case fsync
    /// The end of the process, `kill -9` too, but not a power cut: the last seconds before one may be lost, the rest stands.
    case process
  }

  /// Default `fsync`.
  package var durability: Durability
  /// Default 10,000,000 messages, 10 GiB, a window of 10 minutes and 1,000,000 ids, 100,000 ledger lines, 100,000 dead letters.
  package var limits: JournalLimits
  /// How long a dead letter is kept, open or closed, after it was written. Default 30 days.
  package var deadLetterRetention: Duration
  /// How long a settled message stays in the file, for those who look into it by hand. Default zero: it is gone with its last settlement.
  package var settledRetention: Duration
  /// Payloads larger than that are kept in a file of their own beside the database. Default 256 KiB.
  package var maxInlinePayload: ByteCount
  /// Calls that are written with one sync. Default 512.
  package var maxBatch: Int
  /// How long to wait for another process that writes. Default 5 seconds.
  package var busyTimeout: Duration
  /// After an unclean end, a database up to this size is checked before it is opened, a larger one while it is used. Default 128 MiB.
  package var maxCheckAtOpen: ByteCount

  package init(
    durability: Durability = .fsync,
    limits: JournalLimits = .onDisk,
    deadLetterRetention: Duration = .seconds(30 * 86_400),
    settledRetention: Duration = .zero,
    maxInlinePayload: ByteCount = .kibibytes(256),
    maxBatch: Int = 512,
    busyTimeout: Duration = .seconds(5),
    maxCheckAtOpen: ByteCount = .mebibytes(128)
  ) {
    self.durability = durability
    self.limits = limits
    self.deadLetterRetention = deadLetterRetention
    self.settledRetention = settledRetention
    self.maxInlinePayload = maxInlinePayload
    self.maxBatch = maxBatch
    self.busyTimeout = busyTimeout
    self.maxCheckAtOpen = maxCheckAtOpen
  }
}

extension JournalLimits {
  /// For a journal whose backlog lies on disk.
  package static let onDisk = JournalLimits(maxEntries: 10_000_000, maxSize: .mebibytes(10 * 1024), windowCount: 1_000_000)
}
