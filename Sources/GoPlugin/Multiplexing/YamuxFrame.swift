import NIOCore

/// The twelve bytes that every frame of yamux begins with
/// (https://github.com/hashicorp/yamux/blob/master/spec.md).
struct YamuxFrame: Sendable, Hashable {
  enum Kind: UInt8, Sendable {
    case data, windowUpdate, ping, goAway
  }

  struct Flags: OptionSet, Sendable, Hashable {
    let rawValue: UInt16

    static let synchronize = Flags(rawValue: 1)
    static let acknowledge = Flags(rawValue: 2)
    static let finish = Flags(rawValue: 4)
    static let reset = Flags(rawValue: 8)
  }

  static let length = 12
  private static let version: UInt8 = 0

  var kind: Kind
  var flags: Flags = []
  var stream: UInt32 = 0
  /// The length of the payload, by how much a window grows, what a ping is known by, or why the other side goes away.
  var value: UInt32 = 0

  /// Takes a frame's beginning out of `buffer`. Returns nil, and takes nothing, where it is not all there yet.
  static func read(from buffer: inout ByteBuffer) throws(YamuxViolation) -> YamuxFrame? {
    guard let (version, type, flags, stream, value) = buffer.readMultipleIntegers(as: (UInt8, UInt8, UInt16, UInt32, UInt32).self) else {
      return nil
    }
    guard version == Self.version else { throw YamuxViolation("version \(version) of yamux") }
    guard let kind = Kind(rawValue: type) else { throw YamuxViolation("a frame of the unknown type \(type)") }
    return YamuxFrame(kind: kind, flags: Flags(rawValue: flags), stream: stream, value: value)
  }

  func write(to buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(Self.version, kind.rawValue, flags.rawValue, stream, value)
  }
}

extension YamuxFrame {
  /// Why a side goes away.
  enum GoingAway {
    static let normally: UInt32 = 0
    static let violation: UInt32 = 1
  }

  static func opening(_ stream: UInt32) -> YamuxFrame { YamuxFrame(kind: .windowUpdate, flags: .synchronize, stream: stream) }
  static func accepting(_ stream: UInt32) -> YamuxFrame { YamuxFrame(kind: .windowUpdate, flags: .acknowledge, stream: stream) }
  static func finishing(_ stream: UInt32) -> YamuxFrame { YamuxFrame(kind: .windowUpdate, flags: .finish, stream: stream) }
  static func resetting(_ stream: UInt32) -> YamuxFrame { YamuxFrame(kind: .windowUpdate, flags: .reset, stream: stream) }
}
