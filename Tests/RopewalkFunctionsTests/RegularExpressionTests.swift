import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct RegularExpressionTests {
  @Test(arguments: [
    ("", "x", true), ("abc", "xabcx", true), ("^abc$", "abc\n", false), ("a|b|^$", "", true), ("^(a|bc)+$", "abcbca", true),
    ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaaaaa", true), ("^[a-c]{5,7}x$", "abcabcax", true), ("^[a-c]{5,7}$", "abcabcabc", false),
    ("^(ab){0,3}$", "ababab", true), ("^.$", "😀", true), ("^.$", "\n", false), ("^[^a]$", "\n", true), ("^[]$", "a", false),
    ("^[^]$", "\n", true),
    ("^[\\d\\-x]+$", "1-x", true), ("^[^\\W\\d]+$", "abc", true), ("^[^\\W\\d]+$", "ab1", false), ("^\\u{1F600}$", "😀", true),
    ("^\\ud83d\\ude00$", "😀", true), ("^\\x41\\cJ$", "A\n", true), ("\\bfoo\\b", "a foo b", true), ("\\bfoo\\b", "afoob", false),
    ("^\\p{Lu}\\p{L}*$", "Éa", true), ("^\\P{L}$", "1", true), ("^\\p{General_Category=Nd}$", "৪", true),
    ("^[\\p{Alphabetic}_]+$", "a_é", true),
    ("^(?=.*\\d)(?=.*[a-z]).{4,}$", "ab1c", true), ("^(?=.*\\d)(?=.*[a-z]).{4,}$", "abcd", false), ("^(?!foo)\\w+$", "foobar", false),
    ("(?<=\\$)\\d+$", "cost $42", true), ("(?<!\\$)\\b\\d+$", "cost $42", false), ("(?<=^a+b)c", "aaabc", true),
    ("^(a+)-\\1$", "aa-aa", true),
    ("^(a+)-\\1$", "aa-a", false), ("^(?<x>.)\\k<x>$", "éé", true), ("^(?:(a)|b)*\\1$", "b", true), ("(?<=\\1(a))b", "aab", true),
    ("^{x}]$", "{x}]", true), ("^a\\-b\\/\\@$", "a-b/@", true), ("^(a*)*$", "aaa", true), ("^(a*)*b$", "aaa", false),
    ("^(?:a?){3}$", "aa", true),
    ("^((a|)*)\\1$", "aa", true), ("^(?=(a+))\\1b$", "aab", true), ("[\\s\\S]$", "\u{2028}", true), ("^\\0$", "\0", true),
  ])
  func matches(pattern: String, text: String, expected: Bool) throws {
    #expect(try RegularExpression(pattern).matches(text) == expected)
  }

  @Test(arguments: [
    "(", ")", "a)", "[", "[b-a]", "*", "a**", "+", "?", "^*", "(?=a)*", "a{3,2}", "\\", "\\a", "\\Z", "\\1", "(a)\\2", "\\k<x>",
    "(?<a>x)(?<a>y)", "(?<1>x)", "(?<>x)",
    "(?P<a>x)", "(?i)a", "(?#x)", "\\p{Nope}", "\\p", "\\p{Script=Greek}", "\\u12", "\\u{110000}", "\\u{}", "\\x1", "\\c1", "[\\a]",
    "[a-\\d]", "\\01",
  ])
  func refuses(pattern: String) {
    #expect(throws: PatternError.self) { try RegularExpression(pattern) }
  }

  @Test func isLinearWherePatternsAreCatastrophic() throws {
    let text = String(repeating: "a", count: 20_000) + "!"
    let time = try ProcessorTime.spent { () throws in
      for pattern in ["^(a+)+$", "^(a|a)*$", "^(a*)*b$", "^(.*a){10}$", "(x+x+)+y", "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}$"]
      {
        #expect(try !RegularExpression(pattern).matches(text), "\(pattern)")
      }
    }
    #expect(time < .seconds(10))
  }

  @Test func boundsWhatIsNotLinear() throws {
    let text = String(repeating: "a", count: 5000) + "!"
    #expect(throws: PatternError.self) { try RegularExpression("^(a+)+\\1b$").matches(text) }
    #expect(throws: PatternError.self) { try RegularExpression("((a{1,200}){1,200}){1,200}") }
    #expect(throws: PatternError.self) { try RegularExpression(String(repeating: "(", count: 1000) + String(repeating: ")", count: 1000)) }
    #expect(throws: PatternError.self) { try RegularExpression(String(repeating: "a", count: 20_000)) }
    let long = String(repeating: "a", count: 1_000_000)
    #expect(throws: PatternError.self) { try RegularExpression("^(?:a?){300}b").matches(long) }
    #expect(try RegularExpression("^.{0,1000000}$").matches(long))
    #expect(try !RegularExpression("^.{0,999999}$").matches(long))
  }

  /// Every short pattern of a small alphabet is decided as by trying all ways.
  @Test func agreesWithExhaustiveSearch() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<3000 {
      let model = RegexModel.random(depth: 3, using: &generator)
      let text = (0..<Int.random(in: 0...6, using: &generator)).map { _ in Bool.random(using: &generator) ? "a" : "b" }.joined()
      let expected = model.ends(in: Array(text), from: 0).contains(text.count)
      #expect(try RegularExpression("^(?:\(model.pattern))$").matches(text) == expected, "\(model.pattern) on \(text)")
    }
  }
}

/// A pattern with an obvious meaning: the set of places where a match may end.
private indirect enum RegexModel {
  case letter(Character), either(RegexModel, RegexModel), both(RegexModel, RegexModel), many(RegexModel, Int, Int?), ahead(RegexModel, Bool)

  static func random(depth: Int, using generator: inout SeededGenerator) -> RegexModel {
    switch depth == 0 ? 0 : Int.random(in: 0...6, using: &generator) {
    case 1: .either(random(depth: depth - 1, using: &generator), random(depth: depth - 1, using: &generator))
    case 2, 3: .both(random(depth: depth - 1, using: &generator), random(depth: depth - 1, using: &generator))
    case 4: .many(random(depth: depth - 1, using: &generator), Int.random(in: 0...2, using: &generator), nil)
    case 5:
      .many(random(depth: depth - 1, using: &generator), Int.random(in: 0...1, using: &generator), Int.random(in: 1...6, using: &generator))
    case 6:
      .both(
        .ahead(random(depth: depth - 1, using: &generator), Bool.random(using: &generator)),
        random(depth: depth - 1, using: &generator)
      )
    default: .letter(Bool.random(using: &generator) ? "a" : "b")
    }
  }

  var pattern: String {
    switch self {
    case .letter(let letter): String(letter)
    case .either(let left, let right): "(?:\(left.pattern)|\(right.pattern))"
    case .both(let left, let right): left.pattern + right.pattern
    case .many(let body, let minimum, let maximum): "(\(body.pattern)){\(minimum),\(maximum.map { String($0) } ?? "")}"
    case .ahead(let body, let negated): "(?\(negated ? "!" : "=")\(body.pattern))"
    }
  }

  func ends(in text: [Character], from start: Int) -> Set<Int> {
    switch self {
    case .letter(let letter): return start < text.count && text[start] == letter ? [start + 1] : []
    case .either(let left, let right): return left.ends(in: text, from: start).union(right.ends(in: text, from: start))
    case .both(let left, let right):
      return left.ends(in: text, from: start).reduce(into: []) { $0.formUnion(right.ends(in: text, from: $1)) }
    case .ahead(let body, let negated): return body.ends(in: text, from: start).isEmpty == negated ? [start] : []
    case .many(let body, let minimum, let maximum):
      var ends: Set<Int> = minimum == 0 ? [start] : []
      var front: Set<Int> = [start]
      for count in 1...(maximum ?? text.count + minimum + 1) {
        front = front.reduce(into: []) { $0.formUnion(body.ends(in: text, from: $1)) }
        if count >= minimum { ends.formUnion(front) }
      }
      return ends
    }
  }
}
