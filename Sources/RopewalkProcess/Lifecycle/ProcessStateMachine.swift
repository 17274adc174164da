import RopewalkConnector
import RopewalkCore

/// The life of one connector's process, over all its starts. Time comes in as a parameter.
///
/// ```
/// discovered → verified → launched → handshaken → validated → connected → serving → draining → stopped
///      ↑           └──────────┴───────────┴── ends or fails ──┴───────────┴──→ backingOff or broken
///      └────────────────────── its time is over, or something has changed ───────────────┘
/// ```
struct ProcessStateMachine: Sendable {
  enum State: Sendable, Equatable {
    /// Known; its program has not been looked at for this start.
    case discovered
    /// The program is there and can be executed here.
    case verified
    /// There is a process, which has not said anything yet.
    case launched
    /// It speaks our protocol, over a connection that is its own.
    case handshaken
    /// It says what it is, and may be used.
    case validated
    /// The connections that were there before are open again.
    case connected
    /// Messages can pass.
    case serving
    /// Nothing new is given to it; what it has in its hands is finished.
    case draining
    /// Nobody needs it.
    case stopped
    case backingOff(until: Duration)
    /// It ended too often without having been of use.
    case broken(until: Duration)
  }

  /// What is to be done now, in this order of urgency.
  enum Action: Sendable, Equatable {
    /// Look at the program, then tell ``verified()`` or ``ended(at:using:)``.
    case verify
    /// Start it.
    case launch
    case wait(until: Duration)
    /// Finish what it has, then end it.
    case drain
    /// End it at once; the end is told as any other.
    case kill
    /// The event does not fit the state and changes nothing, or nothing is to be done.
    case none
  }

  private let limits: ConnectorLimits
  private(set) var state = State.discovered
  private var crashes: CrashHistory
  private var servingSince: Duration?
  private var wasOfUse = false
  private var failedQuestions = 0
  /// Starts that got as far as a process.
  private(set) var launches = 0

  init(_ limits: ConnectorLimits) {
    self.limits = limits
    crashes = CrashHistory(limit: limits.crashLimit, window: limits.crashWindow)
  }

  // MARK: On the way up

  /// Somebody needs it.
  mutating func start() -> Action {
    switch state {
    case .discovered: return .verify
    case .stopped:
      state = .discovered
      return .verify
    default: return .none
    }
  }

  mutating func verified() -> Action {
    guard state == .discovered else { return .none }
    state = .verified
    return .launch
  }

  mutating func launched() {
    guard state == .verified else { return }
    state = .launched
    launches += 1
    (servingSince, wasOfUse, failedQuestions) = (nil, false, 0)
  }

  mutating func handshaken() {
    if state == .launched { state = .handshaken }
  }

  mutating func validated() {
    if state == .handshaken { state = .validated }
  }

  mutating func connected() {
    if state == .validated { state = .connected }
  }

  mutating func serves(at now: Duration) {
    guard state == .connected else { return }
    state = .serving
    servingSince = now
  }

  // MARK: While it works

  /// It has moved a message: whatever ends it now, it is not a start that cannot succeed.
  mutating func wasUsed() {
    guard isUp else { return }
    wasOfUse = true
  }

  mutating func healthAnswered() {
    failedQuestions = 0
  }

  mutating func healthFailed() -> Action {
    guard isUp else { return .none }
    failedQuestions += 1
    return failedQuestions >= limits.healthFailures ? .kill : .none
  }

  // MARK: On the way down

  /// The process has ended, or did not come up.
  mutating func ended(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
    switch state {
    case .draining:
      state = .stopped
      return .none
    case .stopped, .backingOff, .broken:
      return .none
    case .discovered, .verified, .launched, .handshaken, .validated, .connected, .serving:
      if wasOfUse || servingSince.map({ now - $0 >= limits.crashWindow }) ?? false { crashes.clear() }
      (servingSince, wasOfUse) = (nil, false)
      guard !crashes.add(at: now) else { return pause(at: now, using: &generator) }
      let wait = Backoff(policy: limits.restartBackoff).wait(afterFailure: crashes.inARow, using: &generator)
      let until = now + (wait ?? limits.restartBackoff.maxBackoff)
      state = .backingOff(until: until)
      return .wait(until: until)
    }
  }

  /// It can never be used as it is: its protocol is newer than ours, or its program is not for this machine.
  mutating func failedForGood(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
    switch state {
    case .draining: state = .stopped
    case .stopped, .backingOff, .broken: break
    default: return pause(at: now, using: &generator)
    }
    return .none
  }

  mutating func timePassed(at now: Duration) -> Action {
    switch state {
    case .backingOff(let until) where now >= until, .broken(let until) where now >= until:
      state = .discovered
      return .verify
    case .backingOff(let until), .broken(let until):
      return .wait(until: until)
    default:
      return .none
    }
  }

  /// Its program or its configuration is another one now: what was before says nothing.
  mutating func changed() -> Action {
    switch state {
    case .backingOff, .broken:
      crashes.clear()
      state = .discovered
      return .verify
    default:
      return .none
    }
  }

  /// Nobody needs it any more.
  mutating func stop() -> Action {
    switch state {
    case .launched, .handshaken, .validated, .connected, .serving:
      state = .draining
      return .drain
    case .discovered, .verified, .backingOff, .broken:
      state = .stopped
      return .none
    case .draining, .stopped:
      return .none
    }
  }

  private mutating func pause(at now: Duration, using generator: inout some RandomNumberGenerator) -> Action {
    crashes.rest()
    let pause = Backoff(policy: limits.brokenPause).wait(afterFailure: crashes.rests, using: &generator)
    let until = now + (pause ?? limits.brokenPause.maxBackoff)
    // After the pause it has one try.
    crashes.leaveOne(at: until)
    state = .broken(until: until)
    return .wait(until: until)
  }

  /// Whether there is a process that can be given something.
  private var isUp: Bool { state == .connected || state == .serving }
}

extension ProcessStateMachine.State {
  /// The word in logs and on the screen.
  var word: String {
    switch self {
    case .discovered: "discovered"
    case .verified: "verified"
    case .launched: "launched"
    case .handshaken: "handshaken"
    case .validated: "validated"
    case .connected: "connected"
    case .serving: "serving"
    case .draining: "draining"
    case .stopped: "stopped"
    case .backingOff: "backing off"
    case .broken: "broken"
    }
  }
}
