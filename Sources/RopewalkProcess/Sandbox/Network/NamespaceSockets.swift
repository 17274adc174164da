import CSandbox
import Glibc
import RopewalkCore
import Synchronization

/// Sockets that belong to a sandbox's network and are used from outside.
final class NamespaceSockets: Sendable {
  /// How many are made in one visit: 16. A visit costs about as much as starting a thread.
  private static let batch = 16

  private let process: Int32
  private let spare = Mutex<[Int32: [Int32]]>([:])

  /// - Parameter process: A descriptor of the sandbox's first process. It must stay open.
  init(of process: Int32) {
    self.process = process
  }

  deinit {
    for descriptor in spare.withLock({ $0.values.joined() }) { Glibc.close(descriptor) }
  }

  /// Starts to connect to an address inside. Returns the descriptor, which belongs to the caller. Throws `sandbox.setup`.
  func connect(to address: InternetAddress, port: Int) throws(RopewalkError) -> Int32 {
    let address = csandbox_address(address, port: port)
    let descriptor = try take(family: address.family)
    let error = withUnsafePointer(to: address) { csandbox_connect(descriptor, $0) }
    guard error == 0 else {
      Glibc.close(descriptor)
      throw RopewalkError(.sandboxSetup, "nothing in the sandbox takes a connection on port \(port): \(String(cString: strerror(error)))")
    }
    return descriptor
  }

  private func take(family: Int32) throws(RopewalkError) -> Int32 {
    if let descriptor = spare.withLock({ $0[family]?.popLast() }) { return descriptor }
    var made = [Int32](repeating: -1, count: Self.batch)
    let error = csandbox_sockets(process, family, made.count, &made)
    guard error == 0, let descriptor = made.popLast() else {
      throw RopewalkError(.sandboxSetup, "no socket can be made in the sandbox: \(String(cString: strerror(error)))")
    }
    spare.withLock { $0[family, default: []] += made }
    return descriptor
  }
}

extension csandbox_address {
  init(_ address: InternetAddress, port: Int) {
    self.init()
    if case .v6 = address { family = AF_INET6 } else { family = AF_INET }
    withUnsafeMutableBytes(of: &bytes) { $0.copyBytes(from: address.bytes) }
    self.port = UInt16(port)
  }
}
