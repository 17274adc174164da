import RopewalkPlugins

/// Where a guest's HTTP call stands.
enum HTTPExchange: Sendable {
  case none
  /// The guest waits; whoever runs it makes the call.
  case wanted(OutboundHTTP.Request)
  /// The answer for the guest: a length or a status.
  case answered(Int32)
}
