import Glibc

/// Which addresses a sandbox's network gets for what its policy names.
struct NetworkPlan: Sendable, Hashable {
  /// A way out: what connects to the address inside reaches the target.
  struct Door: Sendable, Hashable {
    var inside: InternetAddress
    var target: Endpoint
  }

  /// A way in: what connects to the endpoint outside reaches the address inside, on the same port.
  struct Hatch: Sendable, Hashable {
    var outside: Endpoint
    var inside: InternetAddress
  }

  /// A name that is found inside, and under which address.
  struct Host: Sendable, Hashable {
    var name: String
    var address: String
  }

  private(set) var doors: [Door] = []
  private(set) var hatches: [Hatch] = []
  private(set) var hosts: [Host] = []

  /// Names get loopback addresses from 127.77.0.1 on, one each for all its ports. Addresses are answered as themselves.
  init(_ policy: NetworkPolicy) {
    guard case .restricted(let allow, let listen) = policy else { return }
    var addresses: [String: InternetAddress] = ["localhost": .loopback]
    for target in allow where !doors.contains(where: { $0.target == target }) {
      let inside: InternetAddress
      if let address = target.address ?? addresses[target.host] {
        inside = address
      } else {
        let number = hosts.count + 1
        inside = .v4([127, 77, UInt8(number >> 8), UInt8(number & 0xff)])
        addresses[target.host] = inside
        hosts.append(Host(name: target.host, address: "127.77.\(number >> 8).\(number & 0xff)"))
      }
      doors.append(Door(inside: inside, target: target))
    }
    for outside in listen where !hatches.contains(where: { $0.outside == outside }) {
      hatches.append(Hatch(outside: outside, inside: Self.inside(of: outside)))
    }
  }

  /// A process may listen on the address that it is told, on loopback, or on all.
  private static func inside(of outside: Endpoint) -> InternetAddress {
    guard let address = outside.address else { return .loopback }
    guard address.isUnspecified else { return address }
    if case .v6 = address { return .v6([UInt8](repeating: 0, count: 15) + [1]) }
    return .loopback
  }
}
