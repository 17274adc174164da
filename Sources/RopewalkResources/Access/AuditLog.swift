package import RopewalkCore
import Synchronization

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility
#else
  import Darwin
#endif

/// An append-only file of ``AuditRecord``s, one JSON object a line, that only its owner may read.
///
/// Full files are renamed to `NAME.1`, `NAME.2`, …, the oldest being deleted.
package final class AuditLog: Sendable {
  package struct Limits: Sendable {
    /// Bytes after which a new file begins. Default 64 MiB.
    package var maxSize = ByteCount.mebibytes(64)
    /// Older files that are kept. Default 10.
    package var maxFiles = 10

    package init() {}
  }

  private struct File {
    /// Negative after a failure, until opening works again.
    var descriptor: Int32 = -1
    var size = 0
  }

  private let path: String
  private let limits: Limits
  private let file = Mutex(File())

  /// - Throws: `audit.unavailable` when the file cannot be written.
  package init(path: String, limits: Limits = Limits()) throws {
    self.path = path
    self.limits = limits
    try checkWritable()
  }

  deinit {
    file.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
  }

  /// Returns when another record can be written. A write that could not be put on record must not be done.
  /// - Throws: `audit.unavailable`.
  package func checkWritable() throws {
    try file.withLock { if $0.descriptor < 0 { $0 = try Self.open(path) } }
  }

  /// On return the record is with the operating system.
  /// - Throws: `audit.unavailable`; the record is lost then, and ``checkWritable()`` throws until there is room again.
  package func append(_ record: AuditRecord) throws {
    var line = record.json.serialised()
    line.append(0x0A)
    try file.withLock { file in
      if file.descriptor < 0 { file = try Self.open(path) }
      if file.size > 0, file.size + line.count > limits.maxSize.bytes {
        close(file.descriptor)
        file.descriptor = -1
        rotate()
        file = try Self.open(path)
      }
      try Self.write(line, to: &file, path: path)
    }
  }

  private func rotate() {
    unlink("\(path).\(limits.maxFiles)")
    for number in stride(from: limits.maxFiles - 1, through: 1, by: -1) { rename("\(path).\(number)", "\(path).\(number + 1)") }
    if limits.maxFiles > 0 { rename(path, "\(path).1") } else { unlink(path) }
  }

  private static func open(_ path: String) throws -> File {
    #if canImport(Glibc)
      let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    #else
      let descriptor = Darwin.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    #endif
    guard descriptor >= 0 else { throw unavailable(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw unavailable(path)
    }
    return File(descriptor: descriptor, size: Int(status.st_size))
  }

  private static func write(_ line: [UInt8], to file: inout File, path: String) throws {
    var written = 0
    while written < line.count {
      let count = line.withUnsafeBytes { bytes in
        #if canImport(Glibc)
          Glibc.write(file.descriptor, bytes.baseAddress! + written, bytes.count - written)
        #else
          Darwin.write(file.descriptor, bytes.baseAddress! + written, bytes.count - written)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = unavailable(path)
        close(file.descriptor)
        file.descriptor = -1
        throw error
      }
      written += count
    }
    file.size += line.count
  }

  private static func unavailable(_ path: String) -> RopewalkError {
    RopewalkError(
      .auditUnavailable,
      "the audit log \(path) cannot be written: \(String(cString: strerror(errno))); nothing can be changed until it can"
    )
  }
}

extension ErrorCode {
  package static let auditUnavailable = ErrorCode("audit.unavailable", .unavailable)
}
