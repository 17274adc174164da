import Logging
import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins
import Wasmtime

/// What host functions work on: one message on its way through one instance.
final class GuestState {
  let program: GuestProgram
  let customerID: String

  /// When the time of the guest that runs is used up.
  var deadline = MonotonicTime(nanoseconds: .max)
  /// Nil while the guest is being set up.
  var message: Message?
  var output: [UInt8]?
  var outputContentType: String?
  /// The last `output_write` was refused for its size.
  var isOutputTooLarge = false
  /// What `result_read` reads.
  var result: [UInt8] = []
  /// What the guest said of its failure.
  var failure: GuestFailure?
  /// What the guest asked for last without being granted it.
  var denied: Capability?
  var hostCall = HostCall.none
  var exchangeCount = 0
  var clientCallCount = 0
  /// Most guests never say anything.
  lazy var log = GuestLog(program: program, customerID: customerID)

  init(program: GuestProgram, customerID: String) {
    self.program = program
    self.customerID = customerID
  }

  /// Sets everything up for a message; nil for the guest's own start.
  func begin(_ message: Message?) {
    self.message = message
  }

  /// Lets go of the message and all that it left.
  func end() {
    message = nil
    output = nil
    outputContentType = nil
    isOutputTooLarge = false
    if !result.isEmpty { result = [] }
    failure = nil
    denied = nil
    hostCall = .none
    exchangeCount = 0
    clientCallCount = 0
  }

  func isGranted(_ capability: Capability) -> Bool {
    if program.capabilities.contains(capability) { return true }
    denied = capability
    return false
  }

  /// What a host function may do at once: nobody interrupts it, so it must end by itself when the guest's time does.
  var allowance: WorkAllowance {
    let rest = deadline.nanoseconds(since: .now)
    return WorkAllowance(until: ContinuousClock.now + .nanoseconds(Int64(clamping: rest)))
  }

  /// What the guest waits with for the answer of its call.
  var awaitedAnswer: HostFuture {
    HostFuture { [self] in
      guard case .answered(let status) = hostCall else { return nil }
      hostCall = .none
      return RawValue(status)
    }
  }

  /// Answers a result's length, or that it is too large.
  func answer(_ bytes: [UInt8]) -> Int32 {
    guard bytes.count <= program.limits.maxOutputSize.bytes, let length = Int32(exactly: bytes.count) else {
      return GuestStatus.tooLarge.rawValue
    }
    result = bytes
    return length
  }

  /// Answers that something failed; the reason is the result.
  func answer(error reason: String) -> Int32 {
    result = Array(reason.utf8)
    return GuestStatus.error.rawValue
  }
}

/// `rw_status` of `ropewalk.h`.
enum GuestStatus: Int32 {
  case ok = 0
  case notFound = -1
  case denied = -2
  case error = -3
  case tooLarge = -4
}

/// What a guest said with `fail`.
struct GuestFailure: Sendable, Equatable {
  var code: String
  var message: String
  var recoverable: Bool
}
