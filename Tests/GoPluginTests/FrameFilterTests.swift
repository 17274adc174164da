import NIOCore
import NIOEmbedded
import Testing

@testable import GoPlugin

struct FrameFilterTests {
  /// One frame as it is on the wire.
  private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeMultipleIntegers(UInt32(payload.count) << 8 | UInt32(type), flags, stream)
    return Array(buffer.readableBytesView) + payload
  }

  private static let ping = frame(6, [1, 2, 3, 4, 5, 6, 7, 8])
  private static let pong = frame(6, flags: 1, [1, 2, 3, 4, 5, 6, 7, 8])
  private static func reset(_ stream: UInt32, code: UInt8 = 0) -> [UInt8] { frame(3, stream: stream, [0, 0, 0, code]) }
  private static func trailers(_ stream: UInt32) -> [UInt8] { frame(1, flags: 5, stream: stream, [9, 9]) }
  private static func data(_ stream: UInt32, _ count: Int, flags: UInt8 = 0) -> [UInt8] {
    frame(0, flags: flags, stream: stream, [UInt8](repeating: 7, count: count))
  }

  private static func run(_ input: [UInt8], role: FrameFilter.Role = .client, piece: Int) -> (passed: [UInt8], answers: [UInt8]) {
    var filter = FrameFilter(role: role)
    var passed: [UInt8] = []
    var answers: [UInt8] = []
    for start in stride(from: 0, to: input.count, by: piece) {
      let output = filter.read(ByteBuffer(bytes: input[start..<min(start + piece, input.count)]))
      for buffer in output.passed { passed += buffer.readableBytesView }
      answers += output.answers.map { Array($0.readableBytesView) } ?? []
    }
    return (passed, answers)
  }

  @Test("The outcome does not depend on how the bytes are cut", arguments: [1, 2, 8, 9, 10, 17, 64, 100_000])
  func pieces(piece: Int) {
    let kept: [[UInt8]] = [
      Self.frame(4), Self.data(1, 100), Self.pong, Self.trailers(1), Self.data(3, 20_000), Self.reset(3, code: 8),
      Self.data(5, 0, flags: 1),
    ]
    let input =
      kept[0] + Self.ping + kept[1] + kept[2] + kept[3] + Self.reset(1) + Self.ping + Self.ping + kept[4] + kept[5] + kept[6]
      + Self.reset(5) + Self.ping
    let output = Self.run(input, piece: piece)
    #expect(output.passed == kept.flatMap { $0 })
    #expect(output.answers == (0..<4).flatMap { _ in Self.pong })
  }

  @Test("A client's preface comes before its frames", arguments: [1, 7, 1000])
  func preface(piece: Int) {
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    let output = Self.run(preface + Self.frame(4) + Self.ping, role: .server, piece: piece)
    #expect(output.passed == preface + Self.frame(4))
    #expect(output.answers == Self.pong)
  }

  @Test("A server's reset without its end goes on; a client's becomes the end of its stream")
  func resetsOfLiveStreams() {
    let input = Self.data(1, 3) + Self.reset(1)
    #expect(Self.run(input, piece: 100).passed == input)
    let preface = [UInt8](repeating: 0, count: 24)
    #expect(Self.run(preface + input, role: .server, piece: 100).passed == preface + Self.data(1, 3) + Self.data(1, 0, flags: 1))
  }

  @Test("Malformed frames are left for HTTP/2 to refuse")
  func malformed() {
    let input = Self.frame(6, [1, 2, 3]) + Self.frame(6, stream: 1, [1, 2, 3, 4, 5, 6, 7, 8]) + Self.frame(3, stream: 0, [0, 0, 0, 0])
    let output = Self.run(input, piece: 5)
    #expect(output.passed == input)
    #expect(output.answers.isEmpty)
  }

  @Test("Only the streams that ended last are remembered")
  func memory() {
    let streams = (0..<1000).map { UInt32($0 * 2 + 1) }
    #expect(Self.run(streams.flatMap { Self.trailers($0) + Self.reset($0) }, piece: 4096).passed == streams.flatMap(Self.trailers))
    let late = streams.flatMap(Self.trailers) + Self.reset(1)
    #expect(Self.run(late, piece: 4096).passed == late)
  }

  @Test("Large frames pass without a copy and without waiting for their end")
  func slices() {
    var filter = FrameFilter(role: .client)
    let first = filter.read(ByteBuffer(bytes: Self.data(1, 16_384).prefix(1000)))
    #expect(first.passed.map(\.readableBytes) == [1000])
    #expect(filter.read(ByteBuffer(repeating: 7, count: 100)).passed.map(\.readableBytes) == [100])
  }

  @Test("What is passed first, whose memory HTTP/2 keeps, has no more memory than it needs; what follows is not copied")
  func first() {
    var filter = FrameFilter(role: .client)
    var read = ByteBuffer()
    read.reserveCapacity(32 << 10)
    read.writeBytes(Self.frame(4))
    let (first, second) = (filter.read(read).passed, filter.read(read).passed)
    #expect(first.map(\.readableBytes) == [9] && second.map(\.readableBytes) == [9])
    #expect(first.map(\.storageCapacity).allSatisfy { $0 < 1024 })
    #expect(second.map(\.storageCapacity).allSatisfy { $0 >= 32 << 10 })
  }
}

@Suite struct FrameFilterHandlerTests {
  @Test("A peer that asks without end and reads none of the answers loses its connection")
  func unreadAnswers() throws {
    let failure = ConnectionFailure()
    let channel = EmbeddedChannel(handler: FrameFilterHandler(role: .client, failure: failure))
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/none")).wait()
    var pings = ByteBuffer()
    for number in 0..<1000 { pings.writeMultipleIntegers(UInt32(8) << 8 | 6, UInt8(0), UInt32(0), UInt64(number)) }
    for _ in 0..<100 { try channel.writeInbound(pings) }
    #expect(channel.isActive && failure.text == nil)
    channel.isWritable = false
    for _ in 0..<100 where channel.isActive { try channel.writeInbound(pings) }
    #expect(!channel.isActive && failure.text?.contains("PING") == true)
    _ = try? channel.finish()
  }
}
