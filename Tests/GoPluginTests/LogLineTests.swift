import Logging
import Testing

@testable import GoPlugin

struct LogLineTests {
  private func line(_ text: String, omitted: Int = 0) -> LogLine {
    LogLine(LineSplitter.Line(bytes: Array(text.utf8), omitted: omitted))
  }

  @Test("A structured line keeps its level, its message and its fields")
  func structured() {
    let line = line(
      #"{"@level":"warn","@message":"slow","@module":"db","@timestamp":"2026-01-01T00:00:00.000000Z","n":3,"x":1.5,"ok":true,"no":null,"list":["a",1],"map":{"k":"v"}}"#
    )
    #expect(line.level == .warning)
    #expect(line.message == "slow")
    #expect(
      line.metadata == [
        "module": "db", "n": "3", "x": "1.5", "ok": "true", "no": "null", "list": ["a", "1"], "map": ["k": "v"],
      ]
    )
  }

  @Test(
    "A plain line keeps the level in front of it, and is at debug otherwise",
    arguments: [
      ("[TRACE] a", Logger.Level.trace), ("[DEBUG] a", .debug), ("[INFO] a", .info), ("[WARN] a", .warning), ("[ERROR] a", .error),
      ("panic: a", .error), ("a", .debug), ("", .debug), ("{not json", .debug), (#"{"message":"without the key"}"#, .debug),
      (#"{"@message":[7]}"#, .debug), ("[1,2]", .debug),
    ]
  )
  func plain(text: String, level: Logger.Level) {
    #expect(line(text).level == level)
    #expect(line(text).message == text)
  }

  @Test("A plain line that was cut says so")
  func cutPlain() {
    let line = line("[WARN] a long sto", omitted: 5)
    #expect(line.level == .warning)
    #expect(line.metadata == ["omitted": "5"])
  }

  @Test(
    "A structured line that was cut keeps its level, its message and the fields before the cut",
    arguments: [
      (#""a":[1,{"b":","}],"c":"xyz"#, ["a": ["1", ["b": ","]], "c": "xyz"]),
      (#""a":1,"c":"x\"y\"#, ["a": "1", "c": "x\"y"]),
      (#""a":1,"c":"x\u00"#, ["a": "1", "c": "x"]),
      (#""a":1,"c":"x\u00e9"#, ["a": "1", "c": "xé"]),
      // Half of a character that has two escapes.
      (#""a":1,"c":"x\ud83d"#, ["a": "1"]),
      (#""a":1,"c":["x"#, ["a": "1"]), (#""a":1,"c":{"d":"x"#, ["a": "1"]), (#""a":1,"c":tr"#, ["a": "1"]),
      (#""a":1,"c":"#, ["a": "1"]), (#""a":1,"c"#, ["a": "1"]), (#""a":1,"#, ["a": "1"]), (#""a":1"#, [:]),
    ] as [(String, Logger.Metadata)]
  )
  func cut(text: String, metadata: Logger.Metadata) {
    let line = line(#"{"@level":"error","@message":"long","@timestamp":"2026-01-01T00:00:00.000000Z","# + text, omitted: 5)
    #expect(line.level == .error)
    #expect(line.message == "long")
    #expect(line.metadata == metadata.merging(["omitted": "5"]) { $1 })
  }

  @Test("A message that was cut is the message, also in the middle of a character")
  func cutMessage() {
    let text = #"{"@level":"warn","@message":"lang und schön"#
    let bytes = Array(text.utf8.dropLast(2))
    let cut = LogLine(LineSplitter.Line(bytes: bytes, omitted: 1 << 20))
    #expect(cut.level == .warning)
    #expect(cut.message == "lang und sch\u{fffd}")
    #expect(cut.metadata == ["omitted": "1048576"])
  }

  @Test(
    "A cut line without a message is plain",
    arguments: [#"{"@level":"error","@mess"#, #"{"@message":"whole"}"#]
  )
  func cutWithoutMessage(text: String) {
    #expect(line(text, omitted: 5).message == text)
    #expect(line(text, omitted: 5).level == .debug)
  }

  @Test("A message that is a number is its digits, in a whole line and in one that was cut")
  func numberAsMessage() {
    #expect(line(#"{"@message":7,"a":1}"#).message == "7")
    #expect(line(#"{"@message":7,"a":1,"#, omitted: 5).message == "7")
    #expect(line(#"{"@message":7,"a":1,"#, omitted: 5).metadata == ["a": "1", "omitted": "5"])
  }

  @Test("Lines are found however the bytes are cut, and long ones are cut", arguments: [1, 3, 100])
  func splitting(piece: Int) {
    let bytes = Array("one\r\n\n12345678901234\nlast".utf8)
    var splitter = LineSplitter(limit: 10)
    var lines: [String] = []
    var omitted = 0
    let take: (LineSplitter.Line) -> Void = {
      lines.append(String(decoding: $0.bytes, as: UTF8.self))
      omitted += $0.omitted
    }
    for start in stride(from: 0, to: bytes.count, by: piece) {
      splitter.read(bytes[start..<min(start + piece, bytes.count)], take)
    }
    splitter.finish(take)
    #expect(lines == ["one", "", "1234567890", "last"])
    #expect(omitted == 4)
  }

  @Test("A plugin is held to so much output a second")
  func pace() {
    let start = ContinuousClock.now
    var pace = LogPace(linesPerSecond: 10, bytesPerSecond: 100)
    #expect(pace.read(lines: 10, bytes: 10, at: start) == nil)
    #expect(pace.read(lines: 1, bytes: 1, at: start + .milliseconds(10)) == start + .seconds(1))
    #expect(pace.read(lines: 10, bytes: 100, at: start + .seconds(1)) == nil)
    #expect(pace.read(lines: 0, bytes: 1, at: start + .milliseconds(1999)) == start + .seconds(2))
    #expect(pace.read(lines: 1, bytes: 1, at: start + .seconds(3)) == nil)
  }

  @Test("An error shows the end of the output, and no control characters")
  func tail() {
    var tail = OutputTail(limit: 8)
    tail.append(Array("a\u{1b}[31m".utf8))
    #expect(tail.text == "a.[31m")
    for _ in 0..<1000 { tail.append(Array("0123456789".utf8)) }
    #expect(tail.text == "…23456789")
  }
}
