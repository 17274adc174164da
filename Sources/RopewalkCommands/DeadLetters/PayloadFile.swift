import Foundation
import RopewalkCore

extension ErrorCode {
  static let payloadUnreadable = ErrorCode("payload.unreadable", .notFound)
  static let payloadTooLarge = ErrorCode("payload.too-large", .invalid)
}

/// A file that is sent as a message's payload.
enum PayloadFile {
  /// What an integration can be set to take at most; see `limits.maxPayloadSize`.
  static let maxSize = ByteCount.mebibytes(1024)

  static func read(_ path: String) throws(RopewalkError) -> [UInt8] {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw RopewalkError(.payloadUnreadable, "cannot read the payload '\(path)'; check the path and its permissions")
    }
    defer { try? file.close() }
    do {
      let data = try file.read(upToCount: maxSize.bytes + 1) ?? Data()
      guard data.count <= maxSize.bytes else {
        throw RopewalkError(.payloadTooLarge, "the payload '\(path)' is larger than \(maxSize)")
      }
      return Array(data)
    } catch let error as RopewalkError {
      throw error
    } catch {
      throw RopewalkError(.payloadUnreadable, "cannot read the payload '\(path)': it is a folder or cannot be read", cause: error)
    }
  }
}
