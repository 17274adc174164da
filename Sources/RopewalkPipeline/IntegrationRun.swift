package import Logging
import RopewalkConnector
package import RopewalkCore
package import RopewalkJournal
import RopewalkResources
import ServiceLifecycle
import Synchronization

/// One integration, running.
///
/// The way of one message, in the order of the folders to read:
/// 1. `Intake/`: an incoming connection's `receive` hands a message to ``Intake``; it is checked, gets its customer and a
///    place, and the journal takes it. Only now is the sender told that it was accepted.
/// 2. `Backlog/`: the ``Backlog`` says whether there is room in memory; what has none waits in the journal, until the
///    ``BacklogReader`` reads it.
/// 3. `Dispatch/`: the ``Dispatcher`` takes it into its customer's lane; customers take turns.
/// 4. `Steps/`: the ``StepSequence`` runs each step straight after the other.
/// 5. `Delivery/`: each ``Destination`` gets one ``Delivery``, with slots, timeouts and retries of its own.
/// 6. `DeadLetters/`: what is given up gets a letter that says why.
/// 7. `Settling/`: the ``Settler`` tells the journal how each pair of message and destination ended, and gives the place back.
///
/// `Counts/` and `Alerts/` watch.
package final class IntegrationRun: Service {
  let plan: Plan
  let limits: RunLimits
  let endsWhenSourcesEnd: Bool
  let stopwatch: Stopwatch
  let logger: Logger
  let faults: Faults
  let backlog: Backlog
  let intake: Intake
  let steps: RunSteps
  private let customers: CustomerTurnstile
  /// Opens when nothing more is to be received.
  let receivingEnded = Gate()
  let drainRequested = Gate()
  let draining = Mutex(Draining())
  let journal: any Journal
  private let counts: PipelineCounts
  let reader: BacklogReader
  let dispatcher: Dispatcher
  let destinations: [Destination]
  let settler: Settler
  let alerts: AlertWatch
  let onReady: (@Sendable () -> Void)?
  private let wasStarted = Atomic(false)

  /// - Parameters:
  ///   - plan: its connections and steps belong to the run from now on; the run disconnects and shuts them down.
  ///   - clock: for every wait. An auto-advancing `VirtualClock` makes retries of minutes take no time; whoever feeds
  ///     messages in then counts as a worker of the clock.
  ///   - seed: of the jitter in waits.
  ///   - endsWhenSourcesEnd: whether ``run()`` returns once all incoming connections have ended and everything is settled.
  ///   - onReady: called once everything is connected, before the first message is received.
  ///   - onSettled: called for each pair of message and destination after the journal has its end; must not block.
  package init(
    plan: Plan,
    journal: any Journal,
    clock: any Clock<Duration> = ContinuousClock(),
    seed: UInt64 = .random(in: .min ... .max),
    limits: RunLimits = RunLimits(),
    endsWhenSourcesEnd: Bool = false,
    logger: Logger,
    onReady: (@Sendable () -> Void)? = nil,
    onSettled: (@Sendable (SettledMessage) -> Void)? = nil
  ) {
    var logger = logger
    logger[metadataKey: "ropewalk.integration"] = "\(plan.integration.metadata.name)"
    let stopwatch = Stopwatch(clock)
    let faults = Faults(logger: logger)
    let counts = PipelineCounts(maxCustomers: limits.maxCountedCustomers)
    let alerts = AlertWatch(plan: plan, limits: limits, stopwatch: stopwatch, logger: logger)
    let backlog = Backlog(
      limits: plan.integration.spec.limits,
      destinationCount: plan.destinations.count,
      queues: plan.customers.compactMapValues(\.queue),
      runLimits: limits,
      counts: counts,
      stopwatch: stopwatch
    )
    let settler = Settler(
      plan: plan,
      journal: journal,
      backlog: backlog,
      counts: counts,
      faults: faults,
      alerts: alerts,
      limits: limits,
      stopwatch: stopwatch,
      logger: logger,
      onSettled: onSettled
    )
    let destinations = plan.destinations.enumerated().map { index, planned in
      Destination(
        planned,
        place: index,
        ordering: plan.integration.spec.ordering,
        limits: limits,
        seed: seed &+ UInt64(index) &* 2,
        faults: faults,
        settler: settler,
        stopwatch: stopwatch,
        logger: logger
      )
    }
    let steps = RunSteps(common: StepSequence(steps: plan.steps), own: destinations.map(\.sequence))
    let dispatcher = Dispatcher(
      steps: steps.common,
      destination: nil,
      limits: limits,
      seed: ~seed,
      settler: settler,
      stopwatch: stopwatch
    ) { passage in
      for index in passage.accepted.destinations { destinations[index].take(passage) }
    }
    self.plan = plan
    self.steps = steps
    self.limits = limits
    self.endsWhenSourcesEnd = endsWhenSourcesEnd
    self.stopwatch = stopwatch
    self.logger = logger
    self.faults = faults
    self.backlog = backlog
    self.journal = journal
    self.counts = counts
    self.dispatcher = dispatcher
    self.destinations = destinations
    self.settler = settler
    self.alerts = alerts
    self.onReady = onReady
    self.customers = CustomerTurnstile(plan.customers, stopwatch: stopwatch)
    self.intake = Intake(
      plan: plan,
      turnstile: customers,
      journal: journal,
      backlog: backlog,
      counts: counts,
      faults: faults,
      stopwatch: stopwatch
    ) {
      dispatcher.dispatch(Passage(accepted: $0, message: $0.original))
    }
    self.reader = BacklogReader(
      plan: plan,
      steps: steps,
      journal: journal,
      backlog: backlog,
      faults: faults,
      settler: settler,
      limits: limits,
      stopwatch: stopwatch
    ) {
      dispatcher.dispatch($0)
    }
  }

  /// Connects, takes up what the journal has unsettled, and passes messages on until the end.
  ///
  /// It ends in one of these ways; the connections are closed in each:
  /// - ``finish()``: receives nothing more, and returns once everything is settled, however long that takes.
  /// - graceful shutdown, or ``drain(within:)``: receives nothing more, and settles what is in memory, for at most
  ///   `limits.drainTimeout` and only as long as something can still be settled by then. What is left waits in a durable
  ///   journal for the next run; when the journal is not durable, everything is to be settled, and what is left is lost:
  ///   throws `pipeline.drain.timeout`.
  /// - the incoming connections have ended: returns once everything is settled, if `endsWhenSourcesEnd`.
  /// - an incoming connection fails for good: receives nothing more, and throws once everything is settled; when the journal is
  ///   durable, also once nothing has been settled for `limits.drainTimeout`.
  /// - cancelled: stops now and throws `CancellationError`. What is not settled stays in the journal.
  ///
  /// - Throws: also when a connection cannot be opened (``RopewalkError``, or `DiagnosticsError` for wrong settings) and
  ///   when the journal cannot be read. A run can be used once.
  package func run() async throws {
    guard !wasStarted.exchange(true, ordering: .relaxed) else {
      throw RopewalkError(.runTwice, "an integration's run can be used only once; make another")
    }
    try await withTaskCancellationHandler {
      try await withGracefulShutdownHandler {
        try await withConnections { try await flow() }
      } onGracefulShutdown: {
        self.drain()
      }
    } onCancel: {
      stop()
    }
    try Task.checkCancellation()
  }

  /// Pairs of message and destination that were accepted and are not settled.
  package var openPairs: Int { backlog.openPairs }

  /// Puts the steps of another plan, and the terms of its customers, in the place of this one's, while messages pass: each
  /// goes through the steps that it began with. The old ones are given back when their last message has left them.
  /// - Returns: false, with nothing changed, when a destination would get or lose its own steps, for which another run is needed.
  package func replaceSteps(with plan: Plan) -> Bool {
    guard steps.canBecome(those: plan) else { return false }
    // A customer whose own steps are broken is refused before they are there, and taken again after they are gone.
    customers.refuse(plan.customers)
    steps.become(those: plan)
    customers.become(plan.customers)
    backlog.setQueues(plan.customers.compactMapValues(\.queue))
    return true
  }

  /// The counts at this moment.
  /// - Parameter resettingLatency: starts the latencies anew, so that the next snapshot's cover the time from now on.
  package func snapshot(resettingLatency: Bool = false) -> CountsSnapshot {
    let (customers, latency) = counts.snapshot(resettingLatency: resettingLatency)
    return CountsSnapshot(
      integration: plan.integration.metadata.name,
      elapsed: stopwatch.elapsed,
      total: customers.values.reduce(Counts(), +),
      customers: customers,
      latency: latency,
      alerts: alerts.raised,
      faults: faults.texts,
      degraded: faults.connections,
      circuits: circuits,
      sandboxShortfalls: plan.sandboxShortfalls
    )
  }

  private var circuits: [String: CircuitState] {
    Dictionary(uniqueKeysWithValues: destinations.compactMap { destination in destination.circuit.map { (destination.name, $0.summary) } })
  }
}

extension ErrorCode {
  static let runTwice = ErrorCode("pipeline.run.repeated", .fault)
  package static let drainTimeout = ErrorCode("pipeline.drain.timeout", .timeout)
}
