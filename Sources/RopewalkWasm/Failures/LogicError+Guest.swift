import RopewalkCore
import RopewalkPlugins
import Wasmtime

/// A guest's failure as the outside hears of it, with the place in the user's source where that is known.
struct GuestError: Error {
  var error: LogicError
  var mark: SourceMark?

  init(_ error: LogicError, at mark: SourceMark? = nil) {
    self.error = error
    self.mark = mark
  }
}

extension GuestProgram {
  func error(_ error: CallError, in turn: GuestTurn, state: GuestState, memoryUsed: Int) -> GuestError {
    switch error {
    case .engine(let error): GuestError(LogicError(.stepUnavailable, "\(name) cannot run: \(error.message)"))
    case .trap(let trap): GuestError(self.error(trap, in: turn, state: state, memoryUsed: memoryUsed))
    }
  }

  private func error(_ trap: Trap, in turn: GuestTurn, state: GuestState, memoryUsed: Int) -> LogicError {
    let backtrace = trap.backtrace.map(\.description)
    // What a guest says before it gives up tells more than how it did.
    let message = state.failure.map { "\(trap.message), and said: \($0.message)" } ?? trap.message
    let use = "it had \(ByteCount(memoryUsed)) of its \(limits.memoryLimit) of memory"
    switch trap.kind {
    case .interrupt: return timeout(of: turn, state, backtrace: backtrace)
    case .stackOverflow:
      let words = "\(name) used up its stack: it called itself too deeply, or what it reads is nested too deeply"
      return LogicError(.stepStackOverflow, words, backtrace: backtrace)
    case .host:
      if trap.hostError is GuestTimeUp { return timeout(of: turn, state, backtrace: backtrace) }
      guard let access = trap.hostError as? MemoryAccessError else {
        return LogicError(.stepTrap, "\(name) broke: \(trap.message)", backtrace: backtrace)
      }
      return LogicError(.stepBadPointer, "\(name) passed the host a bad pointer: \(access)", backtrace: backtrace)
    default:
      // Wasmtime's limiter only answers the guest that it gets no more, and most guests give up on that.
      if memoryUsed >= limits.memoryLimit.bytes / 8 * 7 {
        return LogicError(.stepMemoryLimit, "\(name) ran out of memory: \(message), and \(use)", backtrace: backtrace)
      }
      return LogicError(.stepTrap, "\(name) broke: \(message); \(use)", backtrace: backtrace)
    }
  }

  /// A guest that only computes computes as long the next time; what it called may answer sooner.
  func timeout(of turn: GuestTurn, _ state: GuestState, backtrace: [String] = []) -> LogicError {
    LogicError(
      .stepTimeout,
      "\(name) took longer than its timeout of \(turn.limit.shortText)",
      backtrace: backtrace,
      recoverable: state.exchangeCount > 0
    )
  }

  /// A time-out of a guest that was asked to stop, with what it said of where it was.
  func timeoutWithWords(of turn: GuestTurn, _ state: GuestState) -> GuestError {
    guard let failure = state.failure else { return GuestError(timeout(of: turn, state)) }
    guard let script else {
      var error = timeout(of: turn, state)
      error.message += "; it says: \(failure.message)"
      return GuestError(error)
    }
    guard failure.code == GuestState.interruptedCode else { return GuestError(timeout(of: turn, state)) }
    let trace = ScriptTrace(failure.message, script: script)
    var error = timeout(of: turn, state, backtrace: trace.frames)
    // The engine names the line of a loop's body or of what stands before it.
    if let mark = trace.mark, let frame = trace.frames.first(where: { $0.contains("\(mark)") }) {
      error.message += ", and was then in \(frame)"
    }
    return GuestError(error, at: trace.mark)
  }

  /// What `RW_FAIL` means, with what the guest said about it.
  func failure(_ state: GuestState) -> GuestError {
    guard let failure = state.failure else {
      let words = state.isOutputTooLarge ? outputTooLargeWords : "\(name) failed without a word"
      return GuestError(LogicError(state.isOutputTooLarge ? .stepOutputTooLarge : .stepRejected, words))
    }
    guard let script else {
      return GuestError(LogicError(code(failure, state), failure.message, guestCode: failure.code, recoverable: failure.recoverable))
    }
    let trace = ScriptTrace(failure.message, script: script)
    let isEngineCode = GuestState.engineCodes.contains(failure.code)
    return GuestError(
      LogicError(
        code(failure, state),
        trace.message + (trace.mark.map { " at \($0)" } ?? ""),
        guestCode: isEngineCode ? "" : failure.code,
        backtrace: trace.frames,
        recoverable: failure.recoverable
      ),
      at: trace.mark
    )
  }

  private func code(_ failure: GuestFailure, _ state: GuestState) -> ErrorCode {
    if state.isOutputTooLarge { return .stepOutputTooLarge }
    // The words that the engine and the SDKs have for it. What a guest that was denied something says else is its own failure.
    if state.denied != nil, failure.message.contains("was not granted") { return .stepDenied }
    guard script != nil else { return .stepRejected }
    if failure.code == "out-of-memory" { return .stepMemoryLimit }
    return failure.message.hasPrefix("RangeError: Maximum call stack") ? .stepStackOverflow : .stepRejected
  }

  var outputTooLargeWords: String {
    "\(name) answered more than its maxOutputSize of \(limits.maxOutputSize)"
  }
}
