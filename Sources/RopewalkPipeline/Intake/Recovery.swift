import RopewalkCore
import RopewalkJournal
import RopewalkResources

/// Brings back what an earlier run accepted and did not settle, before the first new message is taken.
struct Recovery {
  let plan: Plan
  let journal: any Journal
  let admission: Admission
  let counts: PipelineCounts
  let pageSize: Int

  /// Reads the integration's unsettled messages in the order of acceptance, all of them: the earlier run's bounds bounded them.
  /// - Parameters:
  ///   - dispatch: takes each message.
  ///   - orphaned: takes messages whose destination, of that name, the integration no longer has.
  /// - Throws: what the journal throws; then nothing must be received.
  func run(dispatch: (AcceptedMessage) -> Void, orphaned: (AcceptedMessage, _ destinationName: String) -> Void) async throws {
    let places = Dictionary(uniqueKeysWithValues: plan.destinations.enumerated().map { ($0.element.name, $0.offset) })
    var last: JournalPosition?
    while true {
      let page = try await journal.unsettled(after: last, limit: pageSize)
      guard !page.isEmpty else { return }
      for entry in page where entry.message.metadata.integrationID == plan.integration.metadata.name {
        recover(entry, places: places, dispatch: dispatch, orphaned: orphaned)
      }
      last = page.last?.position
    }
  }

  private func recover(
    _ entry: UnsettledEntry,
    places: [String: Int],
    dispatch: (AcceptedMessage) -> Void,
    orphaned: (AcceptedMessage, String) -> Void
  ) {
    let customer = entry.message.metadata.customerID
    let known = entry.destinations.compactMap { places[$0] }
    let accepted = AcceptedMessage(
      position: entry.position,
      original: entry.message,
      destinations: known,
      openPairs: entry.destinations.count,
      acceptedAt: nil,
      tally: counts.tally(for: customer)
    )
    admission.admitUnasked(customer)
    accepted.tally.messages.count()
    accepted.tally.accepted.count(entry.destinations.count)
    if !known.isEmpty { dispatch(accepted) }
    for name in entry.destinations where places[name] == nil { orphaned(accepted, name) }
  }
}
