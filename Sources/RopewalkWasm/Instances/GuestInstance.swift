import RopewalkCore
import RopewalkPlugins
import Synchronization
import Wasmtime

/// One customer's instance of one step: a store with the guest in it, ready for a message.
///
/// Sendable because the pool gives it to one task at a time.
final class GuestInstance: @unchecked Sendable {
  let program: GuestProgram
  private let store: Store<GuestState>
  let state: GuestState
  private let memory: Memory
  private let mainFunction: Function
  /// What else a controller has.
  private let calls: [ControllerCall: Function]
  private let firstSize: Int
  /// False after a call that did not come to its end, or left the guest in no state to go on.
  private var isUsable = true

  /// Whether it is to be kept for the next message: it is whole, and has not grown too much.
  var isWorthKeeping: Bool {
    isUsable && store.byteCount(of: memory) - firstSize <= program.processLimits.keptGrowth.bytes
  }

  /// Makes an instance and lets the guest set itself up, all within the turn.
  static func create(_ program: GuestProgram, customerID: String, _ turn: inout GuestTurn) async throws(GuestError) -> GuestInstance {
    let state = GuestState(program: program, customerID: customerID)
    let limits = StoreLimits(memoryBytes: program.limits.memoryLimit.bytes, tableElements: program.engine.configuration.maxTableElements)
    let store = Store(engine: program.engine, state: state, limits: limits)
    let guest: GuestInstance
    let instance: Instance
    do {
      instance = try program.template.instantiate(in: store)
      guest = GuestInstance(
        program: program,
        store: store,
        state: state,
        memory: try instance.memory(),
        mainFunction: try instance.function(named: program.mainExport),
        calls: program.calls(of: instance)
      )
    } catch let error as CallError {
      throw program.error(error, in: turn, state: state, memoryUsed: 0)
    } catch {
      throw GuestError(LogicError(.stepUnavailable, "\(program.name) cannot be set up: \(error)"))
    }
    try await guest.setUp(instance, &turn)
    return guest
  }

  private init(
    program: GuestProgram,
    store: Store<GuestState>,
    state: GuestState,
    memory: Memory,
    mainFunction: Function,
    calls: [ControllerCall: Function]
  ) {
    self.program = program
    self.store = store
    self.state = state
    self.memory = memory
    self.mainFunction = mainFunction
    self.calls = calls
    self.firstSize = store.byteCount(of: memory)
  }

  private func setUp(_ instance: Instance, _ turn: inout GuestTurn) async throws(GuestError) {
    defer { state.end() }
    let pages = program.setUpPages.withLock { $0 }
    if let pages { store.copy(pages, of: memory) }
    if let initialize = try? instance.function(named: "_initialize") {
      _ = try await call(initialize, nil, &turn)
    }
    if let stop = try? instance.function(named: "ropewalk_stop") {
      store.setStopFlag(at: try await call(stop, nil, &turn).u32, in: memory)
    }
    if let start = try? instance.function(named: "ropewalk_init") {
      guard try await call(start, nil, &turn).i32 == GuestOutcome.pass.rawValue else { throw program.failure(state) }
    }
    if pages == nil {
      let written = store.writtenPages(of: memory, within: firstSize)
      program.setUpPages.withLock { $0 = written }
    }
  }

  /// Lets the guest have one message.
  @inline(__always)
  func process(_ message: Message, _ turn: inout GuestTurn) async throws(GuestError) -> LogicOutcome {
    try await run(mainFunction, message, &turn)
  }

  /// Makes one call of a controller's; nil when the module has no such function.
  func perform(_ call: ControllerCall, _ input: Message, _ turn: inout GuestTurn) async throws(GuestError) -> LogicOutcome? {
    guard let function = calls[call] else { return nil }
    return try await run(function, input, &turn)
  }

  // Inlined up to the step's own function, as is `call`: where the first slice is the last, that one's frame is the only one
  // on the task's stack. What is seldom needed is kept out of it: room for a `CancellationError`, whose size is known at run
  // time only, would be made for each message.
  @inline(__always)
  private func run(_ function: Function, _ message: Message, _ turn: inout GuestTurn) async throws(GuestError) -> LogicOutcome {
    state.begin(message)
    defer { state.end() }
    let answer = try await call(function, RawValue(UInt32(clamping: message.payload.count)), &turn).i32
    switch GuestOutcome(rawValue: answer) {
    case .pass: return try passed(message)
    case .drop: return .drop
    case .fail:
      let failure = program.failure(state)
      if failure.error.code == .stepMemoryLimit { isUsable = false }
      throw failure
    case nil:
      throw GuestError(LogicError(.stepTrap, "\(program.name) answered \(answer), which is no outcome of ropewalk.h"))
    }
  }

  private func passed(_ message: Message) throws(GuestError) -> LogicOutcome {
    guard !state.isOutputTooLarge else { throw GuestError(LogicError(.stepOutputTooLarge, program.outputTooLargeWords)) }
    if let output = state.output { return .replace(payload: output, contentType: state.outputContentType) }
    guard let contentType = state.outputContentType else { return .pass }
    return .replace(payload: message.payload, contentType: contentType)
  }

  /// Runs a function of the guest to its end. Most end within their first slice.
  @inline(__always)
  private func call(_ function: Function, _ argument: RawValue?, _ turn: inout GuestTurn) async throws(GuestError) -> RawValue {
    if !turn.tryBegin() { try await begin(&turn) }
    switch try makeFirstSlice(function, argument, turn) {
    case .ended(let value): return value
    case .goesOn(let call, let progress): return try await finish(call, progress, &turn)
    }
  }

  @inline(never)
  private func begin(_ turn: inout GuestTurn) async throws(GuestError) {
    do {
      try await turn.begin()
    } catch {
      throw failure(error, turn)
    }
  }

  private enum FirstSlice: ~Copyable {
    case ended(RawValue)
    case goesOn(PendingCall, CallProgress)
  }

  private func makeFirstSlice(
    _ function: Function,
    _ argument: RawValue?,
    _ turn: borrowing GuestTurn
  ) throws(GuestError) -> FirstSlice {
    isUsable = false
    store.yieldOnEpoch(everyTicks: program.processLimits.ticksPerSlice)
    do throws(CallError) {
      var call = if let argument { try store.startCall(function, argument) } else { try store.startCall(function) }
      let progress = try makeSlice(of: &call, turn)
      guard case .finished(let value) = progress else { return .goesOn(call, progress) }
      isUsable = true
      return .ended(value)
    } catch {
      throw failure(error, turn)
    }
  }

  /// Lets the guest run until it gives way. Within host functions nothing but its deadline can end it.
  @inline(__always)
  private func makeSlice(of call: inout PendingCall, _ turn: borrowing GuestTurn) throws(CallError) -> CallProgress {
    state.deadline = turn.deadline
    return try call.poll()
  }

  /// Runs a call that did not end in its first slice. One that waits for a host call has a slice after it, on the thread
  /// that it came on; what computes for longer has others.
  @inline(never)
  private func finish(
    _ call: consuming PendingCall,
    _ progress: CallProgress,
    _ turn: inout GuestTurn
  ) async throws(GuestError) -> RawValue {
    var call = call
    var progress = progress
    do {
      while case .waiting = progress {
        try await makeHostCall(&turn)
        if turn.isOver { throw GuestError(program.timeout(of: turn, state)) }
        progress = try makeSlice(of: &call, turn)
      }
      let value: RawValue
      if case .finished(let result) = progress {
        value = result
      } else {
        value = try await withTaskExecutorPreference(turn.longCalls) { [progress] in try await goOn(&call, progress, &turn) }
      }
      isUsable = true
      return value
    } catch {
      throw failure(error, turn)
    }
  }

  private func failure(_ error: any Error, _ turn: GuestTurn) -> GuestError {
    switch error {
    case let error as GuestError: error
    case let error as CallError: program.error(error, in: turn, state: state, memoryUsed: store.byteCount(of: memory))
    default: GuestError(LogicError(.stepCancelled, "the message was abandoned while \(program.name) had it"))
    }
  }

  /// Runs a call that did not end in its first slice. The turn ends with it: the way back to one of the process's few
  /// threads may be long, and is nobody's to pay.
  private func goOn(_ call: inout PendingCall, _ progress: CallProgress, _ turn: inout GuestTurn) async throws -> RawValue {
    defer { turn.end() }
    var progress = progress
    while true {
      switch progress {
      case .finished(let value): return value
      case .yielded:
        turn.book()
        if turn.isOver { throw try stop(&call, turn) }
        try await turn.giveWay()
      case .waiting:
        try await makeHostCall(&turn)
        if turn.isOver { throw GuestError(program.timeout(of: turn, state)) }
      }
      progress = try makeSlice(of: &call, turn)
    }
  }

  /// Ends a call whose time is used up.
  private func stop(_ call: inout PendingCall, _ turn: GuestTurn) throws -> GuestError {
    if store.hasStopFlag {
      call.askToStop()
      for _ in 0..<program.processLimits.slicesToStop {
        switch try call.poll() {
        case .yielded: continue
        case .waiting: return GuestError(program.timeout(of: turn, state))
        case .finished: return program.timeoutWithWords(of: turn, state)
        }
      }
    }
    // Its next stop is a trap, which tells where it was.
    call.interrupt()
    _ = try call.poll()
    return GuestError(program.timeout(of: turn, state))
  }
}

/// `rw_outcome` of `ropewalk.h`.
enum GuestOutcome: Int32 {
  case pass = 0
  case drop = 1
  case fail = 2
}
