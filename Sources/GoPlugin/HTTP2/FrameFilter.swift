import NIOCore

/// Reads the HTTP/2 frames of a connection as they come in and takes out those of Go's gRPC that SwiftNIO's HTTP/2
/// counts as a flood.
///
/// Go's gRPC sends a PING for nearly every DATA frame, to estimate the bandwidth, and resets a stream with NO_ERROR
/// when the other side has not yet said that it ends too. Both are allowed, both come by the thousand, and SwiftNIO
/// closes the connection after 200 in some seconds. So a PING is answered here, and such a reset is taken out: where the
/// peer had ended the stream it says nothing new, and elsewhere it becomes the end of the stream that it stands for.
struct FrameFilter: Sendable {
  /// Which side of the connection this is.
  enum Role: Sendable {
    /// The other side is a server, whose frames come from the first byte on.
    case client
    /// The other side is a client, which sends a preface first.
    case server
  }

  /// What to do with bytes that came in, in this order.
  struct Output: Sendable {
    /// To go on to HTTP/2.
    var passed: [ByteBuffer] = []
    /// To be written back to the peer: answers to PINGs.
    var answers: ByteBuffer?
  }

  private enum State {
    /// That many bytes of the client's preface are to come.
    case preface(Int)
    /// A frame begins with the next byte.
    case header
    /// That many bytes of a frame's payload are to be passed.
    case payload(Int)
  }

  private static let prefaceLength = 24
  private static let headerLength = 9

  private let role: Role
  private var state: State
  private var held = ByteBuffer()
  private var ended = EndedStreams()
  private var hasPassed = false

  init(role: Role) {
    self.role = role
    state = role == .server ? .preface(Self.prefaceLength) : .header
  }

  /// Takes the next bytes of the connection. Whole runs of frames are passed as slices, without a copy but for the first; at most
  /// a frame header and the payload of a PING are held back until the rest comes.
  mutating func read(_ bytes: ByteBuffer) -> Output {
    var input = bytes
    if held.readableBytes > 0 {
      input = held
      input.writeImmutableBuffer(bytes)
      held = ByteBuffer()
    }
    var output = Output()
    var run = 0
    var index = 0
    let start = input.readerIndex
    let count = input.readableBytes

    func pass(until end: Int) {
      if end > run, let slice = input.getSlice(at: start + run, length: end - run) { output.passed.append(slice) }
    }

    scan: while index < count {
      switch state {
      case .preface(let left):
        let taken = min(left, count - index)
        index += taken
        state = taken == left ? .header : .preface(left - taken)

      case .payload(let left):
        let taken = min(left, count - index)
        index += taken
        state = taken == left ? .header : .payload(left - taken)

      case .header:
        guard let header = FrameHeader(in: input, at: start + index) else { break scan }
        let length = Self.headerLength + header.length
        guard header.isFiltered else {
          if header.endsStream { ended.insert(header.stream) }
          index += Self.headerLength
          state = header.length == 0 ? .header : .payload(header.length)
          continue
        }
        guard count - index >= length else { break scan }
        switch replacement(of: header, in: input, payloadAt: start + index + Self.headerLength) {
        case .none: break
        case .answer(let data):
          pass(until: index)
          run = index + length
          Self.writePing(answering: data, to: &output.answers)
        case .dropped:
          pass(until: index)
          run = index + length
        case .endOfStream:
          pass(until: index)
          run = index + length
          output.passed.append(Self.emptyLastData(stream: header.stream))
        }
        index += length
      }
    }
    pass(until: index)
    if index < count, let rest = input.getSlice(at: start + index, length: count - index) {
      // A copy, so that a few bytes do not keep a large buffer alive.
      held = ByteBuffer(bytes: rest.readableBytesView)
    }
    if !hasPassed, let first = output.passed.first {
      // SwiftNIO's HTTP/2 keeps this one's memory and copies what comes later into it; and all of that memory, each time that
      // gRPC still holds a piece of it, which is after every message. TLS's has 32 KiB.
      output.passed[0] = ByteBuffer(bytes: first.readableBytesView)
      hasPassed = true
    }
    return output
  }

  private enum Replacement {
    case none
    case answer(UInt64)
    case dropped
    case endOfStream
  }

  private func replacement(of header: FrameHeader, in input: ByteBuffer, payloadAt index: Int) -> Replacement {
    if header.isPing { return input.getInteger(at: index, as: UInt64.self).map(Replacement.answer) ?? .none }
    guard input.getInteger(at: index, as: UInt32.self) == 0 else { return .none }
    if ended.contains(header.stream) { return .dropped }
    // A client that resets like this has the whole response. A server that does has broken its own off.
    return role == .server ? .endOfStream : .none
  }

  private static func writePing(answering data: UInt64, to answers: inout ByteBuffer?) {
    var buffer = answers ?? ByteBuffer()
    buffer.writeMultipleIntegers(UInt32(8) << 8 | UInt32(FrameHeader.ping), UInt8(FrameHeader.acknowledgement), UInt32(0), data)
    answers = buffer
  }

  private static func emptyLastData(stream: UInt32) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeMultipleIntegers(UInt32(FrameHeader.data), FrameHeader.endStream, stream)
    return buffer
  }
}
