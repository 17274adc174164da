/// The parsed form of a regular expression.
indirect enum RegexNode {
  case empty
  case character(CharacterMatch)
  case sequence([RegexNode])
  case alternatives([RegexNode])
  /// `maximum` nil is without end.
  case repetition(RegexNode, minimum: Int, maximum: Int?)
  case group(RegexNode, capture: Int)
  case backreference(BackreferenceTarget)
  case look(RegexNode, behind: Bool, negated: Bool)
  case textStart
  case textEnd
  case wordBoundary(negated: Bool)
}

enum CharacterMatch: Hashable {
  case scalar(UInt32)
  case set(ScalarSet)
}

enum BackreferenceTarget {
  case number(Int)
  case name(String)
}
