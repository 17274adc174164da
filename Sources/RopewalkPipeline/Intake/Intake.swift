import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources

/// Where a message comes in: it is checked, given its customer and a place, and written to the journal.
/// Only then is the sender told that it was accepted, and the dispatcher that it is there, if there is room in memory.
///
/// Each message is appended by its own call; a journal on disk groups calls that come at once into one sync.
final class Intake: Sendable {
  private static let retryAfterTrouble: Duration = .seconds(5)

  private let plan: Plan
  private let destinationNames: [String]
  private let allDestinations: [Int]
  private let turnstile: CustomerTurnstile
  private let journal: any Journal
  private let backlog: Backlog
  private let counts: PipelineCounts
  private let faults: Faults
  private let stopwatch: Stopwatch
  private let dispatch: @Sendable (AcceptedMessage) -> Void

  init(
    plan: Plan,
    turnstile: CustomerTurnstile,
    journal: any Journal,
    backlog: Backlog,
    counts: PipelineCounts,
    faults: Faults,
    stopwatch: Stopwatch,
    dispatch: @escaping @Sendable (AcceptedMessage) -> Void
  ) {
    self.plan = plan
    self.destinationNames = plan.destinations.map(\.name)
    self.allDestinations = Array(plan.destinations.indices)
    self.turnstile = turnstile
    self.journal = journal
    self.backlog = backlog
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
      return refuse("", error)
    }
    do throws(Refusal) {
      try turnstile.pass(customer, payload: message.payload.count)
    } catch {
      return refuse(customer, error)
    }
    switch await backlog.enter(customer) {
    case .open(let ticket):
      return await append(complete(message, customer: customer, source: source), ticket)
    case .customerFull(let retryAfter):
      let text = "the queue of customer '\(customer)' is full (limits.queuePerCustomer)"
      return refuse(customer, Refusal(.full, text, retryAfter: retryAfter))
    case .full(let retryAfter):
      return refuse(customer, Refusal(.full, "the queue is full (limits.queue)", retryAfter: retryAfter))
    case .closed:
      return refuse(customer, Refusal(.unavailable, "the integration is stopping", retryAfter: Self.retryAfterTrouble))
    }
  }

  private func refuse(_ customer: String, _ refusal: Refusal) -> Acceptance {
    let tally = counts.tally(for: customer)
    tally.refused.count()
    if refusal.reason.isFinal { tally.invalid.count() }
    return .refused(refusal)
  }

  /// A source cannot hand a message over, whosever it is.
  @Sendable func leaveOut() {
    let tally = counts.tally(for: "")
    tally.refused.count()
    tally.invalid.count()
  }

  private func check(_ message: Message) throws(Refusal) -> String {
    let limit = plan.integration.spec.limits.maxPayloadSize
    // The limit is of what senders send. Steps may make more of it, on another node as on this one.
    guard plan.isContinuation || message.payload.count <= limit.bytes else {
      throw Refusal(.tooLarge, "the payload of \(message.payload.count) bytes is larger than \(limit) (limits.maxPayloadSize)")
    }
    guard (1...Message.maxIDLength).contains(message.id.utf8.count) else {
      throw Refusal(.invalid, "a message id has 1 to \(Message.maxIDLength) bytes, this one has \(message.id.utf8.count)")
    }
    return plan.isContinuation ? message.metadata.customerID : try plan.integration.spec.customer.customer(of: message)
  }

  private func complete(_ message: Message, customer: String, source: String) -> Message {
    if plan.isContinuation { return message }
    var message = message
    message.metadata.customerID = customer
    message.metadata.tenantID = plan.integration.spec.tenant
    message.metadata.integrationID = plan.integration.metadata.name
    message.metadata.source = source
    if message.metadata.correlationID.isEmpty { message.metadata.correlationID = message.id }
    return message
  }

  private func append(_ message: Message, _ ticket: BacklogStateMachine.AppendTicket) async -> Acceptance {
    let result: AppendResult?
    do {
      result = try await journal.append([JournalEntry(message: message, destinations: destinationNames)]).first
      faults.clear(.journalAppend)
    } catch {
      faults.report(.journalAppend, "messages are refused: the journal cannot be written: \(error)")
      result = nil
    }
    let tally = ticket.lane.tally
    if case .accepted(let position) = result {
      tally.messages.count()
      tally.accepted.count(allDestinations.count)
      handOver(message, at: position, ticket)
      return .accepted
    }
    backlog.cancel(ticket)
    if result == .duplicate {
      tally.duplicates.count()
      return .duplicate
    }
    tally.refused.count()
    if result == .full { return .refused(Refusal(.full, "the journal is full", retryAfter: Self.retryAfterTrouble)) }
    return .refused(Refusal(.unavailable, "the journal cannot be written now", retryAfter: Self.retryAfterTrouble))
  }

  private func handOver(_ message: Message, at position: JournalPosition, _ ticket: BacklogStateMachine.AppendTicket) {
    let size = message.sizeInMemory
    let destinations = backlog.accepted(ticket, at: position, size: size, all: allDestinations)
    guard !destinations.isEmpty else { return }
    dispatch(
      AcceptedMessage(
        position: position,
        original: message,
        destinations: destinations,
        openPairs: destinations.count,
        acceptedAt: stopwatch.elapsed,
        lane: ticket.lane,
        size: size,
        orderingKey: plan.orderingKey(of: message)
      )
    )
  }
}
