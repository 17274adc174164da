import RopewalkCore
import RopewalkJournal
import RopewalkResources
import Synchronization

/// All that is accepted and not settled: what of it is in memory, and what waits in the journal alone.
///
/// It lets messages in and pushes back, and hands pages of the journal to the ``BacklogReader`` when there is room.
final class Backlog: Sendable {
  /// Opens after ``close()``, when nothing is accepted and not settled any more.
  let emptied = Gate()
  /// Opens after ``close()`` and ``stopReading()``, when nothing is in memory any more.
  let unheld = Gate()

  private struct State {
    var machine: BacklogStateMachine
    var reader: CheckedContinuation<Void, Never>?
    /// Whether something has happened since the reader looked.
    var isNews = true
    var isEnded = false
    /// Whether somebody looks after those who wait for a place.
    var isWatched = false
  }

  /// How often those who wait for a place are looked after.
  private static let watchInterval: Duration = .milliseconds(20)

  private let state: Mutex<State>
  private let stopwatch: Stopwatch

  /// - Parameter queues: places of customers who do not have `limits.queuePerCustomer`, by id.
  init(
    limits: PipelineLimits,
    destinationCount: Int,
    queues: [String: Int] = [:],
    runLimits: RunLimits,
    counts: PipelineCounts,
    stopwatch: Stopwatch
  ) {
    self.state = Mutex(
      State(
        machine: BacklogStateMachine(
          limits: limits,
          destinationCount: destinationCount,
          queues: queues,
          maxIdleCustomers: runLimits.maxCountedCustomers,
          maxReplays: runLimits.maxReplaysInMemory,
          makeTally: { counts.tally(for: $0) }
        )
      )
    )
    self.stopwatch = stopwatch
  }

  /// Pairs accepted and not settled.
  var openPairs: Int { state.withLock(\.machine.openPairs) }
  /// Those of them that are in memory.
  var heldPairs: Int { state.withLock(\.machine.heldPairs) }
  /// Messages in memory, and their bytes.
  var load: Load { state.withLock { Load(messages: $0.machine.messages, bytes: $0.machine.bytes) } }

  /// Whether the reader is at work.
  var isReading: Bool { state.withLock { $0.reader == nil && !$0.isEnded } }

  /// Takes a place for one message of a customer; waits a moment where one is soon given back.
  func enter(_ customer: String) async -> BacklogStateMachine.Entrance {
    let now = stopwatch.elapsed
    let entrance = state.withLock { $0.machine.enter(customer, at: now) }
    guard case .customerFull = entrance else { return entrance }
    return await withCheckedContinuation { continuation in
      let (answer, isUnwatched) = state.withLock { state -> (BacklogStateMachine.Entrance?, Bool) in
        if let answer = state.machine.enterOrWait(customer, at: now, continuation) { return (answer, false) }
        // Who waits does not work; whoever is the first to wait hands his work to the watch.
        if state.isWatched { stopwatch.endWork() }
        defer { state.isWatched = true }
        return (nil, !state.isWatched)
      }
      if let answer { continuation.resume(returning: answer) }
      if isUnwatched { Task { await watchWaits() } }
    }
  }

  /// Sends those away who have waited too long, until nobody waits.
  private func watchWaits() async {
    defer { stopwatch.endWork() }
    var isNeeded = true
    while isNeeded {
      try? await stopwatch.sleep(until: stopwatch.elapsed + Self.watchInterval)
      let now = stopwatch.elapsed
      let answered = state.withLock { state in
        state.isWatched = state.machine.endWaits(at: now)
        isNeeded = state.isWatched
        return takeAnswered(&state)
      }
      for (waiter, entrance) in answered { waiter.continuation.resume(returning: entrance) }
    }
  }

  /// Those who have waited for a place and have their answer.
  private func takeAnswered(_ state: inout State) -> [(PlaceWaiter, BacklogStateMachine.Entrance)] {
    let answered = state.machine.takeAnswered()
    for _ in answered { stopwatch.beginWork() }
    return answered
  }

  func cancel(_ ticket: BacklogStateMachine.AppendTicket) {
    change { $0.cancel(ticket) }
  }

  /// - Returns: the destinations to which the message goes on from memory.
  func accepted(
    _ ticket: BacklogStateMachine.AppendTicket,
    at position: JournalPosition,
    size: Int,
    all destinations: [Int]
  ) -> [Int] {
    change { $0.accepted(ticket, at: position, size: size, all: destinations) }
  }

  func settled(_ endings: ArraySlice<Ending>) {
    let now = stopwatch.elapsed
    change { machine in
      for ending in endings {
        machine.settled(ending.accepted, destination: ending.place, isLast: ending.accepted.settleOne(), at: now)
      }
    }
  }

  /// - Parameter inFlight: pairs that earlier runs left, by customer.
  func resume(_ inFlight: [String: Int]) {
    let now = stopwatch.elapsed
    change { $0.resume(inFlight, at: now) }
  }

  /// Replays of dead letters may have been added.
  func lookForReplays() {
    change { $0.replays.look() }
  }

  /// From now on these customers have so many places.
  func setQueues(_ queues: [String: Int]) {
    state.withLock { $0.machine.queues = queues }
  }

  func close() {
    let now = stopwatch.elapsed
    change { $0.close(at: now) }
  }

  /// What is in the journal alone stays there.
  func stopReading() {
    change { $0.stopReading() }
  }

  /// Ends ``nextRead(pageSize:)``.
  func end() {
    let reader = state.withLock { state in
      state.isEnded = true
      return takeReader(&state)
    }
    reader?.resume()
  }

  /// Waits until there is something to read and room for it. The caller counts as a worker meanwhile only while it works.
  /// - Returns: nil after ``end()``.
  func nextRead(pageSize: Int) async -> BacklogRead? {
    while true {
      let (read, isEnded) = state.withLock { state -> (BacklogRead?, Bool) in
        guard !state.isEnded else { return (nil, true) }
        guard state.isNews else { return (nil, false) }
        let read = state.machine.nextRead(pageSize: pageSize)
        if read == nil { state.isNews = false }
        return (read, false)
      }
      if isEnded { return nil }
      if let read { return read }
      await park()
    }
  }

  /// The next page of replays, however the reader's other lanes stand.
  func nextReplays(pageSize: Int) -> BacklogRead? {
    state.withLock { $0.machine.nextReplays(pageSize: pageSize) }
  }

  func take(_ page: UnsettledPage, of read: BacklogRead, places: [String: Int]) -> (entries: [BacklogEntry], isEnd: Bool) {
    let now = stopwatch.elapsed
    return state.withLock { state in
      let taken = state.machine.take(page, of: read, places: places, sizes: { $0.message.sizeInMemory }, at: now)
      // What an append under way keeps from being taken is not read again before something happens. What found no room is passed
      // over until there is some, and others are read meanwhile.
      let isAsBefore = taken.entries.isEmpty && !taken.isEnd && state.machine.through(read) == read.after
      if isAsBefore, !state.machine.waitsForSpace(read) { state.isNews = false }
      return taken
    }
  }

  func finish(_ read: BacklogRead, isEnd: Bool) {
    let isEmptied = state.withLock { state in
      state.machine.finish(read, isEnd: isEnd)
      return state.machine.isEmptied
    }
    if isEmptied { emptied.open() }
  }

  private func change<Result>(_ body: (inout BacklogStateMachine) -> Result) -> Result {
    let (result, answered, reader, isEmptied, isUnheld) = state.withLock { state in
      let result = body(&state.machine)
      state.isNews = true
      let answered = takeAnswered(&state)
      let reader = state.reader != nil && state.machine.mayRead ? takeReader(&state) : nil
      return (result, answered, reader, state.machine.isEmptied, state.machine.isUnheld)
    }
    for (waiter, entrance) in answered { waiter.continuation.resume(returning: entrance) }
    reader?.resume()
    if isEmptied { emptied.open() }
    if isUnheld { unheld.open() }
    return result
  }

  private func takeReader(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    if state.reader != nil { stopwatch.beginWork() }
    return state.reader.take()
  }

  private func park() async {
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.isEnded || state.isNews && state.machine.mayRead { return true }
        state.reader = continuation
        stopwatch.endWork()
        return false
      }
      if goesOn { continuation.resume() }
    }
  }
}

extension Message {
  /// Bytes that it takes in memory, about.
  var sizeInMemory: Int {
    headers.fields.reduce(payload.count + id.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
  }
}
