import Glibc

/// Which system calls a sandboxed process may make, for one architecture.
///
/// What is denied fails as the kernel itself would fail it; nothing but a call of another architecture ends the process.
/// The kernel remembers the calls that are allowed whatever their arguments, so that they cost nothing.
struct SystemCallFilter: Sendable {
  enum Architecture: Sendable, CaseIterable {
    case x86, arm

    static var own: Architecture {
      #if arch(arm64)
        .arm
      #else
        .x86
      #endif
    }

    /// As in `linux/audit.h`.
    var identifier: UInt32 { self == .x86 ? 0xc000_003e : 0xc000_00b7 }
    var clone: UInt32 { self == .x86 ? 56 : 220 }
    var socket: UInt32 { self == .x86 ? 41 : 198 }
    var socketPair: UInt32 { self == .x86 ? 53 : 199 }
    var ioctl: UInt32 { self == .x86 ? 16 : 29 }
    var personality: UInt32 { self == .x86 ? 135 : 92 }
  }

  /// The newest call that this filter was written knowing: `file_setattr` of Linux 6.17. Those that come later do not exist
  /// for a sandboxed process; nor do those of x32, whose numbers are beyond it too.
  static let newestKnown: UInt32 = 469

  /// `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID`, `NEWNET`.
  static let namespaceFlags: UInt32 = 0x7e02_0000
  /// Unix, IPv4 and IPv6; and netlink for what asks which addresses it has, as Go does. No packets, no virtual machine's
  /// sockets, which no network namespace holds, none of the kernel's ciphers.
  static let families: [UInt32] = [UInt32(AF_UNIX), UInt32(AF_INET), UInt32(AF_INET6)]
  static let netlink = UInt32(AF_NETLINK)
  static let routingProtocol: UInt32 = 0
  /// `TIOCSTI` and `TIOCLINUX` type into the terminal that the host was started from.
  static let typingRequests: [UInt32] = [0x5412, 0x541c]

  static func program(for architecture: Architecture) -> FilterProgram {
    var program = FilterProgram()
    program.load(FilterProgram.Field.architecture)
    program.answer(.kill, unlessEqual: architecture.identifier)
    program.load(FilterProgram.Field.number)
    program.answer(.fail(UInt32(ENOSYS)), ifGreaterThan: newestKnown)
    for call in DeniedCall.all {
      guard let number = architecture == .x86 ? call.x86 : call.arm else { continue }
      program.answer(.fail(call.failure), ifEqual: number)
    }
    program.when(equal: architecture.clone) { program in
      program.load(FilterProgram.Field.argument(0))
      program.answer(.fail(UInt32(EPERM)), ifAnyBitOf: namespaceFlags)
      program.answer(.allow)
    }
    program.when(equal: architecture.socket, allowFamilies)
    program.when(equal: architecture.socketPair, allowFamilies)
    program.when(equal: architecture.ioctl) { program in
      program.load(FilterProgram.Field.argument(1))
      for request in typingRequests { program.answer(.fail(UInt32(EPERM)), ifEqual: request) }
      program.answer(.allow)
    }
    program.when(equal: architecture.personality) { program in
      program.load(FilterProgram.Field.argument(0))
      // The ordinary one, and the question which it is.
      program.answer(.allow, ifEqual: 0)
      program.answer(.allow, ifEqual: 0xffff_ffff)
      program.answer(.fail(UInt32(EPERM)))
    }
    program.answer(.allow)
    return program
  }

  private static func allowFamilies(_ program: inout FilterProgram) {
    program.load(FilterProgram.Field.argument(0))
    for family in families { program.answer(.allow, ifEqual: family) }
    program.when(equal: netlink) { program in
      program.load(FilterProgram.Field.argument(2))
      program.answer(.allow, ifEqual: routingProtocol)
    }
    program.answer(.fail(UInt32(EAFNOSUPPORT)))
  }
}
