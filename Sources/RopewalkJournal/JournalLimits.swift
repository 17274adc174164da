package import RopewalkCore

/// The bounds of a journal.
package struct JournalLimits: Sendable, Equatable {
  /// Messages accepted and not settled. Default 100,000.
  package var maxEntries: Int
  /// Bytes of those messages: payloads, headers and ids. Default 512 MiB.
  package var maxSize: ByteCount
  /// Message ids that are remembered to recognise duplicates, over all customers; beyond, the oldest is forgotten. Default 200,000.
  package var windowCount: Int
  /// How long a message id is remembered. Default 10 minutes.
  package var windowDuration: Duration
  /// Pairs of integration and customer with a line of their own in the ledger; further customers of an integration share
  /// the line of the customer `*`, and nothing else. Default 100,000.
  package var maxLedgerLines: Int
  /// Dead letters that are kept, open or closed. When so many are open, settling another fails and its message stays in
  /// flight; closed ones make room, the oldest first. Default 100,000.
  package var maxDeadLetters: Int

  package init(
    maxEntries: Int = 100_000,
    maxSize: ByteCount = .mebibytes(512),
    windowCount: Int = 200_000,
    windowDuration: Duration = .seconds(600),
    maxLedgerLines: Int = 100_000,
    maxDeadLetters: Int = 100_000
  ) {
    self.maxEntries = maxEntries
    self.maxSize = maxSize
    self.windowCount = windowCount
    self.windowDuration = windowDuration
    self.maxLedgerLines = maxLedgerLines
    self.maxDeadLetters = maxDeadLetters
  }
}
