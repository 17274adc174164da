import Glibc
package import RopewalkCore
import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility

extension ErrorCode {
  /// There is no such program, or it cannot be executed here.
  package static let connectorProgram = ErrorCode("connector.program.unusable", .invalid)
}

extension ConnectorProgram {
  /// Whether it can be executed here: a wrong file is found before anything is started, where the reason can be told best.
  /// - Throws: ``ErrorCode/connectorProgram`` with what is wrong and what helps.
  package func check() throws(RopewalkError) {
    var status = stat()
    guard stat(executable, &status) == 0 else {
      guard errno == ENOENT || errno == ENOTDIR else { throw Self.unusable("\(executable) cannot be looked at: \(Self.text(of: errno))") }
      let remedy = executable.contains("/") ? "build it, or correct its path" : "install it, or write its path"
      throw Self.unusable("there is no program \(executable); \(remedy)")
    }
    if status.st_mode & S_IFMT == S_IFDIR { throw Self.unusable("\(executable) is a folder; name the program in it") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Self.unusable("\(executable) is no file") }
    guard access(executable, X_OK) == 0 else {
      throw Self.unusable("\(executable) may not be executed; allow it: chmod +x \(executable)")
    }
    switch Head(ofFile: executable) {
    case .program(let machine):
      guard machine == Head.ownMachine else {
        throw Self.unusable("\(executable) is a program for another kind of machine; build it for this one")
      }
    case .script(let interpreter):
      guard access(interpreter, X_OK) == 0 else {
        throw Self.unusable(
          "\(executable) is a script for \(interpreter), which is not on this machine; install it, or correct its first line"
        )
      }
    case .unreadable(let number):
      // What may be executed and not be read is for the kernel to judge.
      guard number == EACCES else { throw Self.unusable("\(executable) cannot be read: \(Self.text(of: number))") }
    case .other:
      throw Self.unusable("\(executable) is no program: it is cut off, or a script without #! and its interpreter in the first line")
    }
  }

  /// Whether an interpreter runs it, which then reads what lies beside it.
  package var isScript: Bool {
    if case .script = Head(ofFile: executable) { true } else { false }
  }

  /// What tells that the program is another one than before: changes with its content. Nil while it is not there.
  func fingerprint() -> Fingerprint? {
    let files = [executable] + arguments.filter { $0.hasPrefix("/") }
    let parts = files.map { path -> [Int] in
      var status = stat()
      guard stat(path, &status) == 0 else { return [] }
      return [Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_nsec]
    }
    return parts[0].isEmpty ? nil : Fingerprint(parts: parts)
  }

  struct Fingerprint: Sendable, Hashable {
    fileprivate var parts: [[Int]]
  }

  private static func unusable(_ text: String) -> RopewalkError { RopewalkError(.connectorProgram, text) }
  private static func text(of number: Int32) -> String { String(cString: strerror(number)) }
}

/// What the first bytes of a file say that it is.
private enum Head: Equatable {
  /// An ELF program, with its class, byte order and machine.
  case program([UInt8])
  case script(interpreter: String)
  case other
  case unreadable(Int32)

  static let ownMachine: [UInt8]? =
    if case .program(let machine) = Head(ofFile: "/proc/self/exe") { machine } else { nil }

  init(ofFile path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      self = .unreadable(errno)
      return
    }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
      count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
    }
    if bytes.starts(with: [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]), bytes.count >= 20 {
      self = .program([bytes[4], bytes[5], bytes[18], bytes[19]])
    } else if bytes.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) {
      let line = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      self = words.first.map { .script(interpreter: String(decoding: $0, as: UTF8.self)) } ?? .other
    } else {
      self = .other
    }
  }
}
