import RopewalkCore

/// What of the network a sandboxed process can reach, and what can reach it.
package enum NetworkPolicy: Sendable, Hashable {
  /// Nothing but itself.
  case none
  /// Everything that this process can reach, unfiltered.
  case host
  /// These places and no others: there is no route out of the sandbox. Each of `allow` is answered by a ``Doorman``, which
  /// connects to the place from outside. Each of `listen` is opened outside, and what connects to it is handed in.
  case restricted(allow: [Endpoint], listen: [Endpoint])

  /// How many places may be named, each way: 256.
  static let maximumEndpoints = 256

  func validate() throws(RopewalkError) {
    guard case .restricted(let allow, let listen) = self else { return }
    guard allow.count <= Self.maximumEndpoints, listen.count <= Self.maximumEndpoints else {
      throw RopewalkError(.sandboxConfiguration, "a sandbox's network takes at most \(Self.maximumEndpoints) places each way")
    }
  }
}
