import CSandbox
import Glibc
import RopewalkCore

/// The descriptors between this process and bubblewrap.
struct Plumbing {
  let information: Int32
  let gate: Int32
  private var given: [BubblewrapCommand.Descriptor: Int32] = [:]

  /// Throws `sandbox.setup`; then none is left open.
  init(arguments: [String], filter: FilterProgram) throws(RopewalkError) {
    let (informationRead, informationWritten) = try Self.pipe()
    let gateRead: Int32
    do {
      (gateRead, gate) = try Self.pipe()
    } catch {
      close(informationRead)
      close(informationWritten)
      throw error
    }
    information = informationRead
    given = [.information: informationWritten, .gate: gateRead]
    do {
      given[.filter] = try Self.file(filter.bytes)
      given[.arguments] = try Self.file(arguments.flatMap { Array($0.utf8) + [0] })
    } catch {
      for descriptor in given.values { close(descriptor) }
      close(information)
      close(gate)
      throw error
    }
  }

  /// Bubblewrap's ends, in their order. They belong to the caller from now on.
  mutating func giveAway() -> [Int32] {
    defer { given = [:] }
    return BubblewrapCommand.Descriptor.allCases.compactMap { given[$0] }
  }

  private static func pipe() throws(RopewalkError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    let error = csandbox_pipe(&ends)
    guard error == 0 else { throw failure(error) }
    return (ends[0], ends[1])
  }

  private static func file(_ bytes: [UInt8]) throws(RopewalkError) -> Int32 {
    let descriptor = csandbox_memory_file(bytes, bytes.count)
    guard descriptor >= 0 else { throw failure(-descriptor) }
    return descriptor
  }

  private static func failure(_ error: Int32) -> RopewalkError {
    RopewalkError(.sandboxSetup, "no descriptor for a sandbox: \(String(cString: strerror(error))); raise the limit on open files")
  }
}
