import SwiftProtobuf

extension WireReceipt {
  init(_ acceptance: Acceptance, sequence: UInt64) {
    self.init()
    self.sequence = sequence
    switch acceptance {
    case .accepted: outcome = .accepted
    case .duplicate: outcome = .duplicate
    case .refused(let refusal):
      outcome =
        switch refusal.reason {
        case .full: .full
        case .unavailable: .unavailable
        case .invalid, .tooLarge: .invalid
        }
      reason = refusal.message
      if !refusal.reason.isFinal { retryAfter = Google_Protobuf_Duration(refusal.retryAfter) }
    }
  }
}

extension Acceptance {
  /// An outcome that is not known counts as a refusal: the message is kept.
  init(wire: WireReceipt) {
    let reason: Refusal.Reason
    switch wire.outcome {
    case .accepted:
      self = .accepted
      return
    case .duplicate:
      self = .duplicate
      return
    case .full: reason = .full
    case .invalid: reason = .invalid
    case .unavailable, .unspecified, .UNRECOGNIZED: reason = .unavailable
    }
    self = .refused(Refusal(reason, wire.reason, retryAfter: wire.hasRetryAfter ? Duration(wire: wire.retryAfter) : .seconds(1)))
  }
}
