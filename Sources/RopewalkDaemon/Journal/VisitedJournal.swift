package import RopewalkJournal

/// The journal of a data folder, opened to look at it and to deal with its dead letters, beside the process that owns it.
package struct VisitedJournal: Sendable {
  package let journal: any Journal
  /// Whether a process runs integrations on it now.
  package let isOwned: Bool

  package static func with<Result: Sendable>(
    dataDirectory: String,
    _ body: (VisitedJournal) async throws -> Result
  ) async throws -> Result {
    try await body(VisitedJournal(journal: MemoryJournal(), isOwned: false))
  }
}
