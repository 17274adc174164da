import RopewalkConnector
import RopewalkCore
import Testing

@testable import RopewalkProcess

@Suite struct ProcessStateMachineTests {
  private var machine: ProcessStateMachine
  private var generator = SeededGenerator(seed: 1)
  private let limits: ConnectorLimits
  private var firstPause: Duration { limits.brokenPause.initialBackoff }

  init() {
    var limits = ConnectorLimits()
    limits.restartBackoff.jitter = 0
    self.limits = limits
    machine = ProcessStateMachine(limits)
  }

  // MARK: Up

  @Test mutating func theWayUp() {
    #expect(machine.state == .discovered)
    #expect(machine.start() == .verify)
    #expect(machine.verified() == .launch)
    #expect(machine.state == .verified)
    machine.launched()
    #expect(machine.state == .launched && machine.launches == 1)
    machine.handshaken()
    #expect(machine.state == .handshaken)
    machine.validated()
    #expect(machine.state == .validated)
    machine.connected()
    #expect(machine.state == .connected)
    machine.serves(at: .seconds(1))
    #expect(machine.state == .serving)
  }

  @Test mutating func stepsOutOfOrderChangeNothing() {
    machine.launched()
    machine.handshaken()
    machine.validated()
    machine.connected()
    machine.serves(at: .zero)
    machine.wasUsed()
    #expect(machine.state == .discovered && machine.launches == 0)
    #expect(machine.healthFailed() == .none)
    #expect(machine.timePassed(at: .seconds(1)) == .none)
    #expect(machine.changed() == .none)
    serve(at: .zero)
    #expect(machine.start() == .none)
    #expect(machine.verified() == .none)
    #expect(machine.state == .serving)
  }

  // MARK: Down and up again

  @Test(arguments: 0...6) mutating func anEndOnTheWayUpIsWaitedFor(_ steps: Int) {
    climb(steps)
    #expect(machine.ended(at: .seconds(1), using: &generator) == .wait(until: .milliseconds(1100)))
    #expect(machine.state == .backingOff(until: .milliseconds(1100)))
    #expect(machine.timePassed(at: .milliseconds(1099)) == .wait(until: .milliseconds(1100)))
    #expect(machine.timePassed(at: .milliseconds(1100)) == .verify)
    #expect(machine.state == .discovered)
  }

  @Test mutating func waitsGrowUntilItIsBroken() {
    var now = Duration.zero
    for wait in [100, 200, 400, 800] {
      serve(at: now)
      #expect(machine.ended(at: now, using: &generator) == .wait(until: now + .milliseconds(wait)))
      now += .milliseconds(wait)
      #expect(machine.timePassed(at: now) == .verify)
    }
    serve(at: now)
    #expect(machine.ended(at: now, using: &generator) == .wait(until: now + firstPause))
    #expect(machine.state == .broken(until: now + firstPause))
  }

  @Test mutating func aBrokenOneHasOneTryAfterEachPause() {
    var now = breakIt()
    now += firstPause
    #expect(machine.timePassed(at: now - .milliseconds(1)) == .wait(until: now))
    for pause in [20, 40, 80, 160, 300, 300] {
      #expect(machine.timePassed(at: now) == .verify)
      serve(at: now)
      #expect(machine.ended(at: now, using: &generator) == .wait(until: now + .seconds(pause)))
      now += .seconds(pause)
      #expect(machine.state == .broken(until: now))
    }
  }

  @Test mutating func aBrokenOneThatWorksAgainIsForgiven() {
    var now = breakIt() + firstPause
    #expect(machine.timePassed(at: now) == .verify)
    serve(at: now)
    machine.wasUsed()
    now += .seconds(1)
    #expect(machine.ended(at: now, using: &generator) == .wait(until: now + .milliseconds(100)))
  }

  @Test mutating func aChangeGivesABrokenOneAllItsTriesBack() {
    let now = breakIt()
    #expect(machine.changed() == .verify)
    #expect(machine.state == .discovered)
    serve(at: now)
    #expect(machine.ended(at: now, using: &generator) == .wait(until: now + .milliseconds(100)))
    #expect(machine.changed() == .verify)
  }

  @Test mutating func endsFarApartAreNoLoop() {
    for number in 0..<20 {
      let now = limits.crashWindow / 3 * number
      serve(at: now)
      _ = machine.ended(at: now, using: &generator)
      guard case .backingOff(let until) = machine.state else { return #expect(Bool(false), "\(machine.state)") }
      #expect(machine.timePassed(at: until) == .verify)
    }
  }

  @Test mutating func whatMovesMessagesIsNoLoopHoweverOftenItEnds() {
    for number in 0..<100 {
      let now = Duration.seconds(number)
      serve(at: now)
      machine.wasUsed()
      #expect(machine.ended(at: now, using: &generator) == .wait(until: now + .milliseconds(100)))
      #expect(machine.timePassed(at: now + .milliseconds(100)) == .verify)
    }
  }

  @Test mutating func aUseBeforeTheLastStartIsForgotten() {
    serve(at: .zero)
    machine.wasUsed()
    _ = machine.ended(at: .zero, using: &generator)
    var now = Duration.milliseconds(100)
    for _ in 0..<4 {
      _ = machine.timePassed(at: now)
      serve(at: now)
      _ = machine.ended(at: now, using: &generator)
      now += .seconds(1)
    }
    guard case .broken = machine.state else { return #expect(Bool(false), "\(machine.state)") }
  }

  @Test mutating func whatServedForLongIsForgiven() {
    var now = Duration.zero
    for _ in 0..<20 {
      serve(at: now)
      now += limits.crashWindow
      #expect(machine.ended(at: now, using: &generator) == .wait(until: now + .milliseconds(100)))
      now += .milliseconds(100)
      _ = machine.timePassed(at: now)
    }
  }

  @Test mutating func whatCanNeverWorkIsBrokenAtOnce() {
    _ = machine.start()
    #expect(machine.failedForGood(at: .seconds(1), using: &generator) == .wait(until: .seconds(1) + firstPause))
    #expect(machine.state == .broken(until: .seconds(1) + firstPause))
    #expect(machine.failedForGood(at: .seconds(2), using: &generator) == .none)
    #expect(machine.changed() == .verify)
  }

  @Test mutating func jitterStaysInItsShare() {
    var limits = ConnectorLimits()
    limits.restartBackoff.jitter = 0.2
    machine = ProcessStateMachine(limits)
    var waits: Set<Duration> = []
    for _ in 0..<50 {
      serve(at: .zero)
      machine.wasUsed()
      guard case .wait(let until) = machine.ended(at: .zero, using: &generator) else { return #expect(Bool(false)) }
      #expect(until >= .milliseconds(80) && until <= .milliseconds(120))
      waits.insert(until)
      _ = machine.timePassed(at: until)
    }
    #expect(waits.count > 10)
  }

  // MARK: Health

  @Test mutating func isKilledAfterQuestionsWithoutAnswer() {
    serve(at: .zero)
    #expect(machine.healthFailed() == .none)
    #expect(machine.healthFailed() == .none)
    machine.healthAnswered()
    #expect(machine.healthFailed() == .none)
    #expect(machine.healthFailed() == .none)
    #expect(machine.healthFailed() == .kill)
    #expect(machine.ended(at: .seconds(1), using: &generator) == .wait(until: .milliseconds(1100)))
    // What the one before did not answer does not count against the next.
    _ = machine.timePassed(at: .seconds(2))
    serve(at: .seconds(2))
    #expect(machine.healthFailed() == .none)
  }

  // MARK: Stopping

  @Test(arguments: 2...6) mutating func stopsByDraining(_ steps: Int) {
    climb(steps)
    #expect(machine.stop() == .drain)
    #expect(machine.state == .draining)
    #expect(machine.stop() == .none)
    #expect(machine.start() == .none)
    #expect(machine.healthFailed() == .none)
    #expect(machine.ended(at: .seconds(1), using: &generator) == .none)
    #expect(machine.state == .stopped)
  }

  @Test(arguments: 0...1) mutating func stopsBeforeThereIsAProcess(_ steps: Int) {
    climb(steps)
    #expect(machine.stop() == .none)
    #expect(machine.state == .stopped)
    #expect(machine.ended(at: .seconds(1), using: &generator) == .none)
    #expect(machine.state == .stopped)
  }

  @Test mutating func stopsWhileItWaits() {
    serve(at: .zero)
    _ = machine.ended(at: .zero, using: &generator)
    #expect(machine.stop() == .none)
    #expect(machine.state == .stopped)
    #expect(machine.timePassed(at: .seconds(10)) == .none)
  }

  @Test mutating func stopsWhileItIsBroken() {
    _ = breakIt()
    #expect(machine.stop() == .none)
    #expect(machine.state == .stopped)
  }

  @Test mutating func startsAgainAfterAStop() {
    serve(at: .zero)
    _ = machine.stop()
    _ = machine.ended(at: .seconds(1), using: &generator)
    #expect(machine.start() == .verify)
    #expect(machine.state == .discovered)
  }

  // MARK: Helpers

  private mutating func serve(at now: Duration) { climb(6, at: now) }

  /// So many steps up from discovered.
  private mutating func climb(_ steps: Int, at now: Duration = .zero) {
    _ = machine.start()
    if steps > 0 { _ = machine.verified() }
    if steps > 1 { machine.launched() }
    if steps > 2 { machine.handshaken() }
    if steps > 3 { machine.validated() }
    if steps > 4 { machine.connected() }
    if steps > 5 { machine.serves(at: now) }
  }

  /// Ends it until it is broken; returns when.
  private mutating func breakIt() -> Duration {
    for _ in 0..<limits.crashLimit {
      serve(at: .zero)
      if case .wait(let until) = machine.ended(at: .zero, using: &generator), case .backingOff = machine.state {
        _ = machine.timePassed(at: until)
      }
    }
    #expect(machine.state == .broken(until: firstPause))
    return .zero
  }
}
