import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources

/// Where a message comes in: it is checked, given its customer and a place, and written to the journal.
/// Only then is the sender told that it was accepted, and the dispatcher that it is there.
///
/// Each message is appended by its own call; a journal on disk groups calls that come at once into one sync.
final class Intake: Sendable {
  private static let retryAfterTrouble: Duration = .seconds(5)

  private let integration: Integration
  private let isContinuation: Bool
  private let destinationNames: [String]
  private let allDestinations: [Int]
  private let journal: any Journal
  private let admission: Admission
  private let counts: PipelineCounts
  private let faults: Faults
  private let stopwatch: Stopwatch
  private let dispatch: @Sendable (AcceptedMessage) -> Void

  init(
    plan: Plan,
    journal: any Journal,
    admission: Admission,
    counts: PipelineCounts,
    faults: Faults,
    stopwatch: Stopwatch,
    dispatch: @escaping @Sendable (AcceptedMessage) -> Void
  ) {
    self.integration = plan.integration
    self.isContinuation = plan.isContinuation
    self.destinationNames = plan.destinations.map(\.name)
    self.allDestinations = Array(plan.destinations.indices)
    self.journal = journal
    self.admission = admission
    self.counts = counts
    self.faults = faults
    self.stopwatch = stopwatch
    self.dispatch = dispatch
  }

  /// Takes one message over, or says why not. Once the journal has it, cancelling changes nothing.
  func accept(_ message: Message, from source: String) async -> Acceptance {
    let customer: String
    do throws(Refusal) {
      customer = try check(message)
    } catch {
      counts.tally(for: "").refused.count()
      return .refused(error)
    }
    let tally = counts.tally(for: customer)
    if let refusal = admit(customer) {
      tally.refused.count()
      return .refused(refusal)
    }
    let acceptance = await append(complete(message, customer: customer, source: source), tally)
    if acceptance != .accepted { admission.release(CollectionOfOne(customer)) }
    return acceptance
  }

  private func check(_ message: Message) throws(Refusal) -> String {
    let limit = integration.spec.limits.maxPayloadSize
    guard message.payload.count <= limit.bytes else {
      throw Refusal(.invalid, "the payload of \(message.payload.count) bytes is larger than \(limit) (limits.maxPayloadSize)")
    }
    guard (1...Message.maxIDLength).contains(message.id.utf8.count) else {
      throw Refusal(.invalid, "a message id has 1 to \(Message.maxIDLength) bytes, this one has \(message.id.utf8.count)")
    }
    return isContinuation ? message.metadata.customerID : try integration.spec.customer.customer(of: message)
  }

  private func admit(_ customer: String) -> Refusal? {
    switch admission.admit(customer) {
    case .admitted: nil
    case .customerFull(let retryAfter):
      Refusal(.full, "the queue of customer '\(customer)' is full (limits.queuePerCustomer)", retryAfter: retryAfter)
    case .full(let retryAfter):
      Refusal(.full, "the queue is full (limits.queue)", retryAfter: retryAfter)
    case .closed:
      Refusal(.unavailable, "the integration is stopping", retryAfter: Self.retryAfterTrouble)
    }
  }

  private func complete(_ message: Message, customer: String, source: String) -> Message {
    if isContinuation { return message }
    var message = message
    message.metadata.customerID = customer
    message.metadata.tenantID = integration.spec.tenant
    message.metadata.integrationID = integration.metadata.name
    message.metadata.source = source
    if message.metadata.correlationID.isEmpty { message.metadata.correlationID = message.id }
    return message
  }

  private func append(_ message: Message, _ tally: Tally) async -> Acceptance {
    let result: AppendResult?
    do {
      result = try await journal.append([JournalEntry(message: message, destinations: destinationNames)]).first
      faults.clear(.journalAppend)
    } catch {
      faults.report(.journalAppend, "messages are refused: the journal cannot be written: \(error)")
      result = nil
    }
    switch result {
    case .accepted(let position):
      tally.messages.count()
      tally.accepted.count(allDestinations.count)
      dispatch(
        AcceptedMessage(
          position: position,
          original: message,
          destinations: allDestinations,
          openPairs: allDestinations.count,
          acceptedAt: stopwatch.elapsed,
          tally: tally
        )
      )
      return .accepted
    case .duplicate:
      tally.duplicates.count()
      return .duplicate
    case .full:
      tally.refused.count()
      return .refused(Refusal(.full, "the journal is full", retryAfter: Self.retryAfterTrouble))
    case nil:
      tally.refused.count()
      return .refused(Refusal(.unavailable, "the journal cannot be written now", retryAfter: Self.retryAfterTrouble))
    }
  }
}
