import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns) struct SourceMapTests {
  private func map(_ mappings: String, content: String = "first\n  é😀x\n") throws -> SourceMap {
    let json: JSON = ["version": 3, "sources": ["a.ts"], "sourcesContent": [.string(content)], "mappings": .string(mappings)]
    return try SourceMap(json.serialised())
  }

  @Test func findsTheNearestSegmentBefore() throws {
    // Line 2: column 0 → 1:1, column 4 → 2:3; line 3 has no mapping.
    let map = try map(";AAAA,IACE;")
    #expect(map.place(line: 2, column: 1) == .init(source: "a.ts", line: 1, column: 1))
    #expect(map.place(line: 2, column: 4) == .init(source: "a.ts", line: 1, column: 1))
    #expect(map.place(line: 2, column: 5) == .init(source: "a.ts", line: 2, column: 3))
    #expect(map.place(line: 2, column: 500) == .init(source: "a.ts", line: 2, column: 3))
  }

  @Test func countsCharactersNotCodeUnits() throws {
    // Column 5 in UTF-16 is behind two blanks, é (1) and 😀 (2).
    #expect(try map("AACK").place(line: 1, column: 1) == .init(source: "a.ts", line: 2, column: 5))
  }

  @Test func whatHasNoSourceHasNoPlace() throws {
    let map = try map("A,IAAA;")
    #expect(map.place(line: 1, column: 2) == nil)
    #expect(map.place(line: 2, column: 1) == nil)
    #expect(map.place(line: 99, column: 1) == nil)
    #expect(map.place(line: 0, column: 0) == nil)
  }

  @Test func startsWithTheFirstThatHasASource() throws {
    #expect(try map(";A,IACE;AAAA").start == .init(source: "a.ts", line: 2, column: 3))
    #expect(try map(";A;").start == nil)
  }

  @Test func readsNegativeAndLongNumbers() throws {
    var reader = VLQReader("A,C,D,gB,hB,2H")
    var numbers: [Int] = []
    while reader.peek != nil {
      numbers.append(try reader.next())
      if reader.peek != nil { reader.skip() }
    }
    #expect(numbers == [0, 1, -1, 16, -16, 123])
  }

  @Test(arguments: ["AA!A", "AAg", "AACDDD", "AEAA", "gggggggggA"])
  func refusesWhatIsNoMap(mappings: String) {
    #expect(throws: SourceMap.Malformed.self) { try map(mappings) }
  }

  @Test(arguments: ["", "[]", #"{"version":2,"sources":[],"mappings":""}"#, #"{"version":3,"sources":[]}"#])
  func refusesOtherText(text: String) {
    #expect(throws: SourceMap.Malformed.self) { try SourceMap(Array(text.utf8)) }
  }
}
