/// A compiled expression: instructions for ``RegexMatcher``.
struct RegexProgram {
  enum Instruction {
    /// Takes one scalar; `backward` within lookbehind.
    case scalar(UInt32, backward: Bool)
    case set(Int, backward: Bool)
    /// Takes between `minimum` and `maximum` scalars of a set.
    case run(Int, minimum: Int, maximum: Int, backward: Bool)
    /// Goes on at either; `memo` numbers the forks.
    case fork(Int, Int, memo: Int)
    case jump(Int)
    case textStart
    case textEnd
    case wordBoundary(negated: Bool)
    /// Notes the place in a register.
    case save(Int)
    /// Fails where no scalar was taken since `save` of that register.
    case progress(Int)
    /// Takes again what lies between two registers.
    case repeatCapture(Int, backward: Bool)
    /// Looks with the instructions that follow, up to `accept`; goes on at `end`.
    case look(end: Int, negated: Bool)
    case accept
  }

  var instructions: [Instruction] = []
  var sets: [ScalarSet] = []
  var forkCount = 0
  var registerCount = 0
  /// What is tried at one place depends on captures, so that a state may be worth trying twice.
  var hasBackreferences = false
  /// A match can only start where the text does.
  var isAnchored = false
}
