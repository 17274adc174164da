import Glibc
package import RopewalkCore

extension ErrorCode {
  package static let positionUnusable = ErrorCode("connector.position.unusable", .unavailable)
}

/// Where an incoming connection goes on after a restart, in a file of its own: bytes that only the connector understands.
///
/// Written whole beside the old one, synced and renamed over it: after a crash there is the old position or the new one.
struct PositionFile: Sendable {
  let path: String
  private let limit: Int

  /// - Parameters:
  ///   - folder: made where it is missing.
  ///   - connection: any text; what is not fit for a file's name is replaced.
  init(folder: String, integration: String, connection: String, limit: Int) {
    path = "\(folder)/\(Self.fileName(integration))/\(Self.fileName(connection)).position"
    self.limit = limit
  }

  /// The position that was written last; empty when there is none.
  func read() throws(RopewalkError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return [] }
      throw failure("read")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count <= limit {
      var result = 0
      let piece = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
        result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        count = max(0, result)
      }
      guard result >= 0 else { throw failure("read") }
      if result == 0 { return bytes }
      bytes += piece
    }
    throw RopewalkError(.positionUnusable, "the position in \(path) is longer than \(limit) bytes; remove the file to begin anew")
  }

  func write(_ position: [UInt8]) throws(RopewalkError) {
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    try Self.makeFolders(folder)
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("written") }
    var written = 0
    while written < position.count {
      let count = position.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        defer { close(descriptor) }
        throw failure("written")
      }
      written += count
    }
    let isSynced = fdatasync(descriptor) == 0
    close(descriptor)
    guard isSynced, rename(temporary, path) == 0 else { throw failure("written") }
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw failure("written") }
    defer { close(directory) }
    guard fsync(directory) == 0 else { throw failure("written") }
  }

  private func failure(_ verb: String) -> RopewalkError {
    RopewalkError(.positionUnusable, "the position in \(path) cannot be \(verb): \(String(cString: strerror(errno)))")
  }

  private static func makeFolders(_ path: String) throws(RopewalkError) {
    var part = ""
    for name in path.split(separator: "/", omittingEmptySubsequences: false) {
      part += part.isEmpty && !path.hasPrefix("/") ? name : "/" + name
      guard !name.isEmpty else { continue }
      if mkdir(part, 0o700) != 0, errno != EEXIST {
        throw RopewalkError(.positionUnusable, "the folder \(part) cannot be made: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// Letters, digits, `-` and `_` as they are, every other byte as `%` and two digits.
  private static func fileName(_ text: String) -> String {
    var name = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        name.unicodeScalars.append(UnicodeScalar(byte))
      default: name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return name.isEmpty ? "%" : name
  }
}
