/// A regular expression of ECMA-262 with Unicode semantics (the flag `u`), for JSON Schema's `pattern` and the like.
///
/// It answers whether there is a match, not where. Without backreferences and lookaround the time is linear in the text:
/// no state is tried twice at one place. With them it is bounded by ``maxSteps(for:)``, and either way by the
/// ``WorkAllowance`` that matches may share.
///
/// Beyond ECMA-262 it takes what many patterns in the wild have: `{`, `}` and `]` as themselves, and a backslash before
/// any character that is neither letter nor digit. Not supported: `\p{Script=…}`.
package final class RegularExpression: Sendable {
  private let program: RegexProgram

  /// The longest pattern, in bytes.
  package static let maxPatternLength = 16_384
  /// The largest compiled form, in instructions; `{n,m}` repeats what is before it that often.
  package static let maxInstructions = 50_000
  /// Groups within one another.
  package static let maxNesting = 200
  /// How much memory one match may take for the states it has tried, in bits.
  package static let maxVisitedStates = 1 << 28

  /// How many steps a match in a text of `length` bytes may take.
  package static func maxSteps(for length: Int) -> Int { 1_000_000 + 256 * length }

  /// - Throws: ``PatternError`` that says what is wrong and where in the pattern.
  package init(_ pattern: String) throws(PatternError) {
    var parser = try RegexParser(pattern)
    let root = try parser.parse()
    var compiler = RegexCompiler(groupNames: parser.groupNames, groupCount: parser.groupCount)
    program = try compiler.compile(root)
  }

  /// The size of the compiled form.
  var instructionCount: Int { program.instructions.count }

  /// Whether the expression matches anywhere in the text, as the only match of its call.
  /// - Throws: as ``matches(_:within:)``.
  package func matches(_ text: String) throws(PatternError) -> Bool {
    var allowance = WorkAllowance()
    return try matches(text, within: &allowance)
  }

  /// Whether the expression matches anywhere in the text.
  /// - Throws: ``PatternError`` when the text is too long, the match too laborious, or the allowance used up.
  package func matches(_ text: String, within allowance: inout WorkAllowance) throws(PatternError) -> Bool {
    var text = text
    let result: Result<Bool, PatternError> = text.withUTF8 { bytes in
      do throws(PatternError) {
        return .success(try RegexMatcher.matches(program, bytes, within: &allowance))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

/// Why a pattern cannot be used, or a match cannot be decided.
package struct PatternError: Error, Sendable, Hashable {
  package var message: String
  /// The time of the one who asked was used up; there is nothing wrong with the pattern.
  package var isTimeUp = false
}
