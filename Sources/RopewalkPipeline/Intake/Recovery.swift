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
    for lane in try await lanes() {
      var last: JournalPosition?
      while true {
        let page = try await journal.unsettled(in: lane, after: last, limit: pageSize)
        guard !page.isEmpty else { break }
        for entry in page { recover(entry, places: places, dispatch: dispatch, orphaned: orphaned) }
        last = page.last?.position
      }
    }
  }

  private func lanes() async throws -> [JournalLane] {
    let integration = plan.integration.metadata.name
    let customers = try await journal.ledger().filter { $0.integrationID == integration && $0.inFlight > 0 }
    return customers.map { .accepted(integration: integration, customer: $0.customerID) } + [.replays(integration: integration)]
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
      tally: counts.tally(for: customer),
      replay: entry.replay
    )
    admission.admitUnasked(customer)
    accepted.tally.messages.count()
    accepted.tally.accepted.count(entry.destinations.count)
    if !known.isEmpty { dispatch(accepted) }
    for name in entry.destinations where places[name] == nil { orphaned(accepted, name) }
  }
}
