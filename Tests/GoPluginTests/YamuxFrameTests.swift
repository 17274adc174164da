import NIOCore
import Testing

@testable import GoPlugin

struct YamuxFrameTests {
  @Test("A frame is twelve bytes, as yamux has them")
  func bytes() throws {
    var buffer = ByteBuffer()
    let frame = YamuxFrame(kind: .windowUpdate, flags: [.synchronize, .finish], stream: 0x0102_0304, value: 0x0506_0708)
    frame.write(to: &buffer)
    #expect(Array(buffer.readableBytesView) == [0, 1, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(try YamuxFrame.read(from: &buffer) == frame)
    #expect(buffer.readableBytes == 0)
  }

  @Test("Eleven bytes are no frame yet, and are left there")
  func short() throws {
    var buffer = ByteBuffer(repeating: 0, count: 11)
    #expect(try YamuxFrame.read(from: &buffer) == nil)
    #expect(buffer.readableBytes == 11)
  }

  @Test("Another version and an unknown type are refused", arguments: [[1, 0], [0, 4], [0, 255]] as [[UInt8]])
  func malformed(start: [UInt8]) {
    var buffer = ByteBuffer(bytes: start + [UInt8](repeating: 0, count: 10))
    #expect(throws: YamuxViolation.self) { try YamuxFrame.read(from: &buffer) }
  }

  @Test("The outcome does not depend on how the bytes are cut", arguments: [1, 3, 11, 12, 13, 100, 10_000])
  func pieces(piece: Int) throws {
    let frames = [
      YamuxFrame(kind: .data, stream: 1, value: 300), YamuxFrame(kind: .ping, flags: .synchronize, value: 9),
      YamuxFrame(kind: .data, flags: .finish, stream: 3), YamuxFrame(kind: .data, stream: 1, value: 1),
    ]
    var input = ByteBuffer()
    for frame in frames {
      frame.write(to: &input)
      if frame.kind == .data { input.writeRepeatingByte(7, count: Int(frame.value)) }
    }
    var reader = YamuxFrameReader()
    var found: [YamuxFrame] = []
    var payload = 0
    var ends = 0
    while let part = input.readSlice(length: min(piece, input.readableBytes)), part.readableBytes > 0 {
      reader.append(part)
      while let next = try reader.next() {
        switch next {
        case .frame(let frame): found.append(frame)
        case .payload(let bytes, let isLast):
          payload += bytes.readableBytes
          ends += isLast ? 1 : 0
        }
      }
    }
    #expect(found == frames)
    #expect(payload == 301)
    #expect(ends == 2)
  }
}
