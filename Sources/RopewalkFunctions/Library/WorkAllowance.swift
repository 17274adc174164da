package import RopewalkCore

/// What one call of a function may still do: so many steps, and, where somebody's time is limited, nothing after its end.
///
/// A step is work of some nanoseconds. The clock is read once in ``stepsPerLook`` of them, so that counting costs next to
/// nothing, and what takes longer than that at once asks for a look of its own.
package struct WorkAllowance: Sendable {
  /// Steps of one call, a second or two of them. Default 200,000,000.
  package static let defaultSteps = 200_000_000
  /// Further steps for each byte of the payload, where its size is known. Default 64.
  package static let stepsPerByte = 64
  /// Steps between two looks at the clock. Default 4,096.
  package static let stepsPerLook = 4096

  private let steps: Int
  private let deadline: ContinuousClock.Instant?
  private var stepsLeft: Int
  /// The clock is read when fewer steps than these are left.
  private var nextLook: Int

  /// - Parameter deadline: when the work must end; nil where steps alone bound it.
  package init(steps: Int = WorkAllowance.defaultSteps, until deadline: ContinuousClock.Instant? = nil) {
    self.steps = steps
    self.deadline = deadline
    stepsLeft = steps
    nextLook = max(0, steps - Self.stepsPerLook)
  }

  /// For a payload of so many bytes: a large one may have more done to it.
  package init(forBytes count: Int) {
    self.init(steps: Self.defaultSteps + Self.stepsPerByte * count)
  }

  /// Takes steps for what comes next, or was done just now.
  @inline(__always) package mutating func spend(_ steps: Int) throws(WorkLimit) {
    stepsLeft -= steps
    if stepsLeft < nextLook { try look() }
  }

  /// Reads the clock at once, before work whose length nobody knows.
  @inline(never) package mutating func look() throws(WorkLimit) {
    if let deadline, ContinuousClock.now >= deadline { throw WorkLimit.time }
    guard stepsLeft >= 0 else { throw WorkLimit.steps(steps) }
    nextLook = max(0, stepsLeft - Self.stepsPerLook)
  }
}

extension WorkAllowance {
  /// Takes steps within a function.
  @inline(__always) mutating func count(_ steps: Int) throws(FunctionError) {
    do throws(WorkLimit) {
      try spend(steps)
    } catch {
      throw FunctionError(error)
    }
  }

  /// Asks for the time before a pointer is followed: the members on its way, of which there may be a million, are searched.
  mutating func countPointer() throws(FunctionError) {
    do throws(WorkLimit) {
      try look()
    } catch {
      throw FunctionError(error)
    }
  }
}

/// Which bound of a ``WorkAllowance`` was reached.
package enum WorkLimit: Error, Sendable, Hashable {
  case steps(Int)
  case time

  var message: String {
    switch self {
    case .steps(let steps): "the work takes more than \(steps) steps"
    case .time: "the time for it is used up"
    }
  }
}

extension FunctionError {
  /// - Parameter code: for too many steps.
  init(_ limit: WorkLimit, _ code: ErrorCode = .functionLimit) {
    switch limit {
    case .steps: self.init(code, limit.message)
    case .time: self.init(.functionTimeout, limit.message)
    }
  }
}

extension ErrorCode {
  /// The time that the caller had is used up.
  package static let functionTimeout = ErrorCode("function.timeout", .timeout)
}
