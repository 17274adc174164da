package import Logging
import RopewalkCore
package import RopewalkJournal
import Synchronization

/// The journal of a cluster: one tenant's messages, ends and dead letters in JetStream, shared by all nodes.
///
/// - A message is accepted when the stream of accepted messages has it, and leaves it when its last pair has ended.
/// - An end is a record in the stream of ends. The ledger is the fold over these records, the same on every node, so a pair
///   counts once whoever settles it; snapshots let old records go.
/// - What "has it" promises is the server's: with `sync_interval: always` it is on disk, otherwise only after some time.
///
/// docs/adr/0010-jetstream-journal.md says why it is so.
package final class JetStreamJournal: Journal {
  /// The bounds beyond those of every journal. They bind when the streams are made; later the operator's `nats stream edit` does.
  package struct Settings: Sendable, Equatable {
    package var limits = JournalLimits()
    /// Messages of one customer that wait in one place of one integration; further ones are refused, as `limits.queuePerCustomer`
    /// has it in one process. Default 10,000.
    package var maxPerCustomer = 10_000
    /// Servers that keep each stream: 1, 3 or 5. Default 1.
    package var replicas = 1
    /// Records between two snapshots of the ledger. Default 10,000.
    package var snapshotInterval = 10_000
    /// How often a node looks for what another one settled and did not come to remove. Default 1 min.
    package var sweepInterval: Duration = .seconds(60)
    /// For how long a large payload or a letter is left alone that nothing names, as when a node died before it named it. Default 1 h.
    package var bodiesSweptAfter: Duration = .seconds(3600)
    /// How long a dead letter is kept, open or closed, after it was recorded; nil as long as there is room. Whoever only looks into
    /// a journal does not know what its nodes were told, so the default is nil.
    package var deadLetterRetention: Duration?

    package init(limits: JournalLimits = JournalLimits()) {
      self.limits = limits
    }
  }

  /// What has to be known of an open message to settle it.
  struct OpenEntry: Sendable {
    var line: LedgerRecord.Line
    var destinations: [String]
    var replayOf: String?
    var body: String?

    /// - Parameter isHop: whether the note is of the message on its way to a destination.
    init(_ note: EntryNote, isHop: Bool = false) {
      line = note.line
      destinations = note.destinations
      replayOf = note.replay?.letterID
      body = isHop ? note.acceptedBody : note.body
    }
  }

  struct State {
    /// Messages that this node has seen and not settled.
    var open: [UInt64: OpenEntry] = [:]
    /// Duplicates refused since they were last written down.
    var duplicates: [LedgerRecord.Line: Int] = [:]
    /// Settled messages whose removal failed.
    var strays: Set<UInt64> = []
    /// Letters that are stored, and that no record names yet.
    var unrecorded: [String: StoredLetter] = [:]
    /// What the last sweep found in the stream of letters that the ledger does not know.
    var strayLetters: Set<UInt64> = []
    var replays = StoredReplays()
    var trials = Trials()
    var lastMark: UInt64 = 0
  }

  let jetStream: JetStream
  let publisher: JetStreamPublisher
  let names: TenantNames
  let settings: Settings
  let bodies: BodyStore
  let follower: LedgerFollower
  let logger: Logger
  let state = Mutex(State())
  /// Of this journal, in front of each call's mark.
  let marks = MessageID.next()

  /// Opens a tenant's journal, and makes its streams where they are not there yet.
  /// - Parameter isThere: whether it must have been made before; then one that is not is `journal.absent`.
  /// - Throws: `nats.jetstream.stream-differs` when a stream was configured so that messages could be lost;
  ///   `nats.record.unreadable` for the ledger of a newer version; ``JetStreamRefusal``; `nats.timeout`, `nats.disconnected`,
  ///   `nats.closed`.
  package static func open(
    _ connection: NATSConnection,
    tenant: String,
    settings: Settings = Settings(),
    isThere: Bool = false,
    logger: Logger
  ) async throws -> JetStreamJournal {
    let jetStream = try await JetStream(connection)
    let names = TenantNames(tenant: tenant)
    if isThere { try await expect(names, tenant, jetStream) }
    for stream in names.streams(settings) { try await jetStream.ensure(stream) }
    let publisher = try JetStreamPublisher(connection)
    let bodies = BodyStore(
      jetStream: jetStream,
      publisher: publisher,
      names: names,
      sweptAfter: settings.bodiesSweptAfter
    )
    let (ledger, snapshot) = try await bodies.snapshot(maxLines: settings.limits.maxLedgerLines)
    let follower = LedgerFollower(bodies, ledger: ledger, snapshot: snapshot, logger: logger)
    let journal = JetStreamJournal(jetStream, publisher, names, settings, bodies, follower, logger)
    try await journal.reconcile()
    return journal
  }

  private static func expect(_ names: TenantNames, _ tenant: String, _ jetStream: JetStream) async throws {
    do {
      _ = try await jetStream.state(of: names.accepted)
    } catch let refusal as JetStreamRefusal where refusal.errorCode == JetStreamRefusal.streamNotFound {
      throw RopewalkError(
        .journalAbsent,
        "NATS at \(jetStream.connection.server) has no journal of the tenant '\(tenant)'; no node has run for it there"
      )
    }
  }

  private init(
    _ jetStream: JetStream,
    _ publisher: JetStreamPublisher,
    _ names: TenantNames,
    _ settings: Settings,
    _ bodies: BodyStore,
    _ follower: LedgerFollower,
    _ logger: Logger
  ) {
    self.jetStream = jetStream
    self.publisher = publisher
    self.names = names
    self.settings = settings
    self.bodies = bodies
    self.follower = follower
    self.logger = logger
  }

  /// Ends the journal and its connection. What is under way fails with `nats.closed`.
  package func close() {
    jetStream.connection.close()
  }

  /// The name of one call, which no other has.
  func nextMark() -> String {
    let number = state.withLock { state in
      state.lastMark += 1
      return state.lastMark
    }
    return "\(marks).\(number)"
  }

  /// What a message was accepted for, so that it need not be read to settle it.
  func remember(_ position: UInt64, _ entry: OpenEntry) {
    state.withLock { $0.open[position] = entry }
  }

  /// Another node settles this message, or the rest of it.
  func forget(_ position: JournalPosition) {
    _ = state.withLock { $0.open.removeValue(forKey: position.value) }
  }

  /// Returns once the ledger has everything that any node had written when it was called.
  func catchUp() async throws {
    try await follower.waitFor(try await jetStream.state(of: names.ends).lastSequence)
  }

  /// Waits until the ledger cannot be read any further, as when a newer version has written a record of it, or until the connection
  /// has ended. A node that goes on then settles what it does not know the ends of.
  /// - Throws: `nats.record.unreadable`, `nats.body.missing`; `CancellationError`.
  package func untilUnreadable() async throws {
    try await follower.untilUnreadable()
  }

  /// Writes a record, and returns its sequence once it is in the ledger. Nothing is written that could not be read.
  func write(_ record: LedgerRecord) async throws -> UInt64 {
    try follower.expectToRead()
    let message = NATSOutgoing(names.settled, payload: record.bytes)
    switch try await publisher.publish(message) {
    case .stored(let sequence, _, _):
      try await follower.waitFor(sequence)
      return sequence
    case .refused(let refusal):
      throw unwritable(refusal, names.ends)
    }
  }

  func unwritable(_ refusal: JetStreamRefusal, _ stream: String) -> RopewalkError {
    RopewalkError(
      refusal.isFull ? .journalFull : .journalUnwritable,
      refusal.isFull
        ? "the stream '\(stream)' is full; raise its limits with 'nats stream edit \(stream)', or give the server more room"
        : "the stream '\(stream)' takes nothing now; look at the server's log and whether the stream has a leader",
      cause: refusal
    )
  }

  /// Finishes what an earlier life left half done: removes what is settled, closes the letters of replays.
  private func reconcile() async throws {
    let last = try await jetStream.state(of: names.accepted).lastSequence
    try await catchUp()
    guard follower.read({ $0.completed.last }) <= last else {
      throw RopewalkError(
        .jetStreamConflict,
        "the stream '\(names.accepted)' was made anew, but '\(names.ends)' still has the ledger of the old one; remove that too, with 'nats stream rm \(names.ends)'"
      )
    }
    try await sweep()
  }
}

extension ErrorCode {
  static let journalFull = ErrorCode("journal.full", .overloaded)
  static let journalAbsent = ErrorCode("journal.absent", .notFound)
  static let journalUnwritable = ErrorCode("journal.write.failed", .unavailable)
}

extension TenantNames {
  func streams(_ settings: JetStreamJournal.Settings) -> [StreamConfiguration] {
    var accepted = StreamConfiguration(name: accepted, subjects: acceptedSubjects)
    accepted.maxMessages = settings.limits.maxEntries
    accepted.maxSize = settings.limits.maxSize
    accepted.maxMessagesPerSubject = settings.maxPerCustomer
    accepted.duplicateWindow = settings.limits.windowDuration
    var steps = StreamConfiguration(name: steps, subjects: stepsSubjects)
    steps.retention = .workqueue
    // It holds what is accepted once for each destination, so that destinations that are down would leave no room for one that is
    // not. How much is accepted bounds it.
    steps.formerMaxSize = settings.limits.maxSize
    steps.maxMessagesPerSubject = settings.maxPerCustomer
    steps.duplicateWindow = settings.limits.windowDuration
    var dead = StreamConfiguration(name: dead, subjects: deadSubjects)
    dead.duplicateWindow = settings.limits.windowDuration
    var bodies = StreamConfiguration(name: bodies, subjects: bodiesSubjects)
    bodies.maxSize = settings.limits.maxSize
    return [accepted, steps, StreamConfiguration(name: ends, subjects: endsSubjects), dead, bodies].map {
      var stream = $0
      stream.replicas = settings.replicas
      return stream
    }
  }
}
