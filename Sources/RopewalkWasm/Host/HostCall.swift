import RopewalkPlugins

/// Where a call of the guest's stands that takes time.
enum HostCall: Sendable {
  enum Request: Sendable {
    case http(OutboundHTTP.Request)
    /// A controller's request to its client, as JSON.
    case client([UInt8])
  }

  case none
  /// The guest waits; whoever runs it makes the call.
  case wanted(Request)
  /// The answer for the guest: a length or a status.
  case answered(Int32)
}
