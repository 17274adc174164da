import Crypto
import Dispatch
import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ErrorCode {
  static let journalPayloadMissing = ErrorCode("journal.payload.missing", .fault)
  static let journalPayloadDamaged = ErrorCode("journal.payload.damaged", .fault)

  /// A payload's file alone is concerned, not the journal.
  var isOfPayload: Bool { self == .journalPayloadMissing || self == .journalPayloadDamaged }
}

/// Large payloads, one file each: written once and synced before a transaction refers to it, removed after the last one
/// that did is gone.
///
/// Names are new for each file, so that one which is not referred to any more never will be again, and end with the digest of
/// what is in it.
struct PayloadFolder: Sendable {
  private let folder: JournalFolder
  // Disk may be slow, and the threads that run tasks are few. One file at a time.
  private let queue = DispatchQueue(label: "ropewalk.journal.payloads")

  init(_ folder: JournalFolder) {
    self.folder = folder
  }

  /// Runs `body`, which may block, where no task waits for it.
  func perform<Value: Sendable>(_ body: @escaping @Sendable (PayloadFolder) throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body(self) }) }
    }
  }

  /// Makes a file that survives a power cut.
  /// - Throws: when it does not; then it is not there.
  func write(_ payload: [UInt8]) throws(RopewalkError) -> PayloadFile {
    let file = PayloadFile(name: "\(MessageID.next())-\(Self.digest(payload))", size: payload.count)
    let path = path(of: file.name)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw folder.failure("cannot make '\(path)'") }
    defer { close(descriptor) }
    do throws(RopewalkError) {
      try writeAll(payload, to: descriptor, path)
      guard fsync(descriptor) == 0 else { throw folder.failure("cannot sync '\(path)'") }
      try folder.sync(folder.payloads)
    } catch {
      remove(file.name)
      throw error
    }
    return file
  }

  /// - Returns: nil when there is no such file.
  /// - Throws: `journal.payload.damaged` when it holds something else than was written.
  func read(_ name: String) throws(RopewalkError) -> [UInt8]? {
    let path = path(of: name)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw folder.failure("cannot open '\(path)'")
    }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    guard size >= 0 else { throw folder.failure("cannot read '\(path)'") }
    var isRead = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = Self.fill(UnsafeMutableRawBufferPointer(buffer), from: descriptor)
      isRead = count == size
    }
    guard isRead else { throw folder.failure("cannot read '\(path)'") }
    // Files of earlier versions have no digest in their names.
    if let digest = name.split(separator: "-").dropFirst().first, digest != Self.digest(bytes) {
      throw RopewalkError(
        .journalPayloadDamaged,
        "the file 'payloads/\(name)' of the journal '\(folder.path)' is damaged; put it back from a backup, and replay the message"
      )
    }
    return bytes
  }

  private static func digest(_ payload: [UInt8]) -> String {
    SHA256.hash(data: payload).prefix(16).reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
  }

  /// Best effort: what stays is swept when the journal is opened again.
  func remove(_ name: String) {
    unlink(path(of: name))
  }

  /// Removes what a crash left.
  /// - Parameter isUsed: whether anything refers to the file of that name.
  /// - Returns: how many there were.
  func sweep(where isUsed: (String) throws -> Bool) throws -> Int {
    var count = 0
    for name in try folder.payloadNames() {
      guard try !isUsed(name) else { continue }
      remove(name)
      count += 1
    }
    return count
  }

  private func path(of name: String) -> String { "\(folder.payloads)/\(name)" }

  private func writeAll(_ bytes: [UInt8], to descriptor: CInt, _ path: String) throws(RopewalkError) {
    var written = 0
    while written < bytes.count {
      let result = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
      if result < 0, errno == EINTR { continue }
      guard result > 0 else { throw folder.failure("cannot write '\(path)'") }
      written += result
    }
  }

  /// Returns how many bytes could be read, from the file's beginning.
  private static func fill(_ buffer: UnsafeMutableRawBufferPointer, from descriptor: CInt) -> Int {
    var count = 0
    while count < buffer.count {
      let result = pread(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count, off_t(count))
      if result < 0, errno == EINTR { continue }
      guard result > 0 else { break }
      count += result
    }
    return count
  }
}
