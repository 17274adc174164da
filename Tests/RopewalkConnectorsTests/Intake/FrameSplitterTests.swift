import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct FrameSplitterTests {
  private func frames(_ text: String, pieces: Int, delimiter: UInt8? = 10, maxSize: Int = 100) -> [String] {
    var splitter = FrameSplitter(delimiter: delimiter, maxSize: maxSize)
    var frames: [FrameSplitter.Frame] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      frames += splitter.feed(Array(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    if let last = splitter.finish() { frames.append(last) }
    return frames.map { frame in
      switch frame {
      case .complete(let offset, let bytes): "\(offset) \(String(decoding: bytes, as: UTF8.self))"
      case .tooLong(let offset, let size): "\(offset) too long: \(size)"
      }
    }
  }

  @Test(arguments: 1...12)
  func cutsLinesWhereverThePiecesEnd(pieces: Int) {
    #expect(frames("one\ntwo\r\n\n\r\nthree\rx\nend", pieces: pieces) == ["0 one", "4 two", "12 three\rx", "20 end"])
  }

  @Test(arguments: 1...8)
  func skipsWhatIsTooLong(pieces: Int) {
    #expect(
      frames("abc\nabcd\r\nabcde\nabcdefghi\nab", pieces: pieces, maxSize: 4) == [
        "0 abc", "4 abcd", "10 too long: 5", "16 too long: 9", "26 ab",
      ]
    )
  }

  @Test func cutsAtZeroBytes() {
    #expect(frames("a\nb\r\0c\0\0", pieces: 3, delimiter: 0) == ["0 a\nb\r", "5 c"])
  }

  @Test func takesAllAsOne() {
    #expect(frames("a\nb\n", pieces: 1, delimiter: nil) == ["0 a\nb\n"])
    #expect(frames("", pieces: 1, delimiter: nil) == [])
    #expect(frames("abcdef", pieces: 1, delimiter: nil, maxSize: 5) == ["0 too long: 6"])
  }

  @Test func leavesBytesAlone() {
    var splitter = FrameSplitter(delimiter: 10, maxSize: 10)
    #expect(splitter.feed([0xFF, 0x00, 0xC3, 10]) == [.complete(offset: 0, bytes: [0xFF, 0x00, 0xC3])])
  }
}
