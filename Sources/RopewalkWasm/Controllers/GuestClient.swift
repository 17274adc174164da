package import RopewalkCore

/// How a controller reaches objects: one request and one answer, both JSON in the form of docs/controller-abi.md.
package struct GuestClient: Sendable {
  package enum Answer: Sendable, Equatable {
    case done([UInt8])
    /// `{"code": "…", "message": "…"}`
    case refused([UInt8])
  }

  let call: @Sendable (_ request: [UInt8]) async -> Answer

  /// - Parameter call: must answer within bounded time; what it may do is for the caller to decide.
  package init(_ call: @escaping @Sendable (_ request: [UInt8]) async -> Answer) {
    self.call = call
  }

  /// A refusal as the guest reads it.
  package static func refusal(_ code: String, _ message: String) -> [UInt8] {
    JSON.object(["code": .string(code), "message": .string(message)]).serialised()
  }
}

/// What a controller's instances have beside a step's.
struct ControllerRole: Sendable {
  let client: GuestClient
  let limits: ControllerLimits
}

/// The bounds of one controller's guest.
package struct ControllerLimits: Sendable, Equatable {
  /// One call's time, requests included, waiting for a turn not. Default 30 s; what is done before a write has
  /// ``admissionTimeout``.
  package var timeout: Duration = .seconds(30)
  /// The time of `set_defaults`, `validate_create` and `validate_update`. Default 2 s.
  package var admissionTimeout: Duration = .seconds(2)
  /// Memory that an instance may have from the start, and ever. Default 16 MiB and 64 MiB.
  package var initialMemory = ByteCount.mebibytes(16)
  package var memoryLimit = ByteCount.mebibytes(64)
  /// Requests to its client in one call. Default 1,000.
  package var clientCalls = 1000
  /// One request's JSON. Default 2 MiB.
  package var requestSize = ByteCount.mebibytes(2)
  /// What one call may answer, and the largest answer of the client. Default 16 MiB.
  package var answerSize = ByteCount.mebibytes(16)
  /// The share of processor time against other guests', 1 to 1000. Default 100.
  package var cpuWeight = 100

  package init() {}
}
