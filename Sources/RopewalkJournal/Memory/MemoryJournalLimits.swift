package import RopewalkCore

/// The bounds of a ``MemoryJournal``.
package struct MemoryJournalLimits: Sendable, Equatable {
  /// Messages accepted and not settled. Default 100,000.
  package var maxEntries: Int
  /// Bytes of those messages: payloads, headers and ids. Default 512 MiB.
  package var maxSize: ByteCount
  /// Message ids that are remembered to recognise duplicates, over all customers; beyond, the oldest is forgotten. Default 200,000.
  package var windowCount: Int
  /// How long a message id is remembered. Default 10 minutes.
  package var windowDuration: Duration
  /// Pairs of integration and customer with a line of their own in the ledger; further customers of an integration share
  /// the line of the customer `*`. Default 100,000.
  package var maxLedgerLines: Int

  package init(
    maxEntries: Int = 100_000,
    maxSize: ByteCount = .mebibytes(512),
    windowCount: Int = 200_000,
    windowDuration: Duration = .seconds(600),
    maxLedgerLines: Int = 100_000
  ) {
    self.maxEntries = maxEntries
    self.maxSize = maxSize
    self.windowCount = windowCount
    self.windowDuration = windowDuration
    self.maxLedgerLines = maxLedgerLines
  }
}
