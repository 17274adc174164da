import Glibc
import Testing

@testable import RopewalkProcess

@Suite struct SystemCallFilterTests {
  typealias Architecture = SystemCallFilter.Architecture

  @Test(arguments: Architecture.allCases)
  func deniesEachCallOfItsTable(architecture: Architecture) throws {
    for call in DeniedCall.all {
      guard let number = architecture == .x86 ? call.x86 : call.arm else { continue }
      #expect(try Judge(architecture).verdict(number) == .fail(call.failure), "\(call.name)")
    }
  }

  /// What a program cannot do without: read, write, mmap, futex, execve, accept4 and openat, on each architecture.
  @Test(arguments: [(Architecture.x86, [0, 1, 9, 202, 59, 288, 257]), (.arm, [63, 64, 222, 98, 221, 242, 56])])
  func allowsTheRest(architecture: Architecture, numbers: [UInt32]) throws {
    for number in numbers { #expect(try Judge(architecture).verdict(number) == .allow) }
  }

  @Test(arguments: Architecture.allCases)
  func endsAProcessThatCallsAsAnotherArchitecture(architecture: Architecture) throws {
    let intel32: UInt32 = 0x4000_0003
    #expect(try Judge(architecture).verdict(1, architecture: intel32) == .kill)
    let other: Architecture = architecture == .x86 ? .arm : .x86
    #expect(try Judge(architecture).verdict(1, architecture: other.identifier) == .kill)
  }

  @Test(arguments: Architecture.allCases)
  func knowsNoCallsOfLaterKernelsNorOfX32(architecture: Architecture) throws {
    let judge = Judge(architecture)
    #expect(try judge.verdict(SystemCallFilter.newestKnown) == .allow)
    for number in [SystemCallFilter.newestKnown + 1, 0x4000_0000 + 165, .max] {
      #expect(try judge.verdict(number) == .fail(UInt32(ENOSYS)))
    }
  }

  @Test(arguments: Architecture.allCases)
  func letsStartThreadsAndProcessesButNoNamespaces(architecture: Architecture) throws {
    let judge = Judge(architecture)
    let thread: UInt64 = 0x3d0f00
    for flags in [UInt64(SIGCHLD), thread] { #expect(try judge.verdict(architecture.clone, flags) == .allow) }
    for namespace in [0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000] as [UInt64] {
      #expect(try judge.verdict(architecture.clone, thread | namespace) == .fail(UInt32(EPERM)))
    }
  }

  @Test(arguments: Architecture.allCases)
  func letsMakeSocketsOfTheInternetOnly(architecture: Architecture) throws {
    let judge = Judge(architecture)
    for call in [architecture.socket, architecture.socketPair] {
      for family in [AF_UNIX, AF_INET, AF_INET6] { #expect(try judge.verdict(call, UInt64(family), 1, 6) == .allow) }
      #expect(try judge.verdict(call, UInt64(AF_NETLINK), 3, 0) == .allow)
      #expect(try judge.verdict(call, UInt64(AF_NETLINK), 3, 15) == .fail(UInt32(EAFNOSUPPORT)))
      for family in [AF_PACKET, 40, 38, 30, 0, 44] { #expect(try judge.verdict(call, UInt64(family)) == .fail(UInt32(EAFNOSUPPORT))) }
      // The kernel reads 32 bits, so what stands above them must not decide.
      #expect(try judge.verdict(call, UInt64(AF_PACKET) | 1 << 32) == .fail(UInt32(EAFNOSUPPORT)))
    }
  }

  @Test(arguments: Architecture.allCases)
  func keepsFromTypingIntoTheTerminal(architecture: Architecture) throws {
    let judge = Judge(architecture)
    #expect(try judge.verdict(architecture.ioctl, 0, 0x5412) == .fail(UInt32(EPERM)))
    #expect(try judge.verdict(architecture.ioctl, 0, 1 << 32 | 0x5412) == .fail(UInt32(EPERM)))
    #expect(try judge.verdict(architecture.ioctl, 0, 0x5401) == .allow)
    #expect(try judge.verdict(architecture.personality, 0xffff_ffff) == .allow)
    #expect(try judge.verdict(architecture.personality, 0x4_0000) == .fail(UInt32(EPERM)))
  }

  @Test func fitsIntoTheKernel() {
    for architecture in Architecture.allCases {
      let program = SystemCallFilter.program(for: architecture)
      #expect(program.instructions.count <= 4096)
      #expect(program.bytes.count == 8 * program.instructions.count)
    }
  }
}

/// Runs a filter's program as the kernel would.
private struct Judge {
  struct Broken: Error {}

  private let program: FilterProgram
  private let architecture: SystemCallFilter.Architecture

  init(_ architecture: SystemCallFilter.Architecture) {
    self.architecture = architecture
    program = SystemCallFilter.program(for: architecture)
  }

  func verdict(_ number: UInt32, _ arguments: UInt64..., architecture: UInt32? = nil) throws -> FilterProgram.Verdict {
    var data = [number, architecture ?? self.architecture.identifier, 0, 0]
    for index in 0..<6 {
      let argument = index < arguments.count ? arguments[index] : 0
      data += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)]
    }
    var (loaded, next) = (UInt32(0), 0)
    while next < program.instructions.count {
      let instruction = program.instructions[next]
      next += 1
      switch instruction.code {
      case FilterProgram.Code.load: loaded = data[Int(instruction.value) / 4]
      case FilterProgram.Code.and: loaded &= instruction.value
      case FilterProgram.Code.jumpIfEqual:
        next += Int(loaded == instruction.value ? instruction.ifTrue : instruction.ifFalse)
      case FilterProgram.Code.jumpIfGreater:
        next += Int(loaded > instruction.value ? instruction.ifTrue : instruction.ifFalse)
      case FilterProgram.Code.jumpIfAnyBit:
        next += Int(loaded & instruction.value != 0 ? instruction.ifTrue : instruction.ifFalse)
      case FilterProgram.Code.answer:
        switch instruction.value {
        case 0x7fff_0000: return .allow
        case 0x8000_0000: return .kill
        default: return .fail(instruction.value & 0xffff)
        }
      default: throw Broken()
      }
    }
    throw Broken()
  }
}
