/// Turns a ``RegexNode`` into a ``RegexProgram``.
struct RegexCompiler {
  private var program = RegexProgram()
  private let groupNames: [String: Int]
  private let groupCount: Int
  private var setIndexes: [ScalarSet: Int] = [:]

  init(groupNames: [String: Int], groupCount: Int) {
    self.groupNames = groupNames
    self.groupCount = groupCount
  }

  mutating func compile(_ root: RegexNode) throws(PatternError) -> RegexProgram {
    program.hasBackreferences = root.hasBackreferences
    program.registerCount = (groupCount + 1) * 2
    program.isAnchored = root.startsAtTextStart
    try emit(root, backward: false)
    try append(.accept)
    return program
  }

  private mutating func emit(_ node: RegexNode, backward: Bool) throws(PatternError) {
    switch node {
    case .empty: break
    case .character(.scalar(let code)): try append(.scalar(code, backward: backward))
    case .character(.set(let set)): try append(.set(index(of: set), backward: backward))
    case .sequence(let nodes):
      for node in backward ? nodes.reversed() : nodes { try emit(node, backward: backward) }
    case .alternatives(let nodes): try emitAlternatives(nodes[...], backward: backward)
    case .repetition(let body, let minimum, let maximum): try emitRepetition(body, minimum, maximum, backward: backward)
    case .group(let body, let capture):
      guard program.hasBackreferences else { return try emit(body, backward: backward) }
      try append(.save(backward ? capture * 2 + 1 : capture * 2))
      try emit(body, backward: backward)
      try append(.save(backward ? capture * 2 : capture * 2 + 1))
    case .backreference(let target): try append(.repeatCapture(try number(of: target), backward: backward))
    case .look(let body, let behind, let negated):
      let place = program.instructions.count
      try append(.look(end: 0, negated: negated))
      try emit(body, backward: behind)
      try append(.accept)
      program.instructions[place] = .look(end: program.instructions.count, negated: negated)
    case .textStart: try append(.textStart)
    case .textEnd: try append(.textEnd)
    case .wordBoundary(let negated): try append(.wordBoundary(negated: negated))
    }
  }

  private mutating func emitAlternatives(_ nodes: ArraySlice<RegexNode>, backward: Bool) throws(PatternError) {
    var jumps: [Int] = []
    for (index, node) in nodes.enumerated() {
      guard index < nodes.count - 1 else {
        try emit(node, backward: backward)
        break
      }
      let fork = try appendFork()
      try emit(node, backward: backward)
      jumps.append(program.instructions.count)
      try append(.jump(0))
      complete(fork, first: fork + 1, second: program.instructions.count)
    }
    for jump in jumps { program.instructions[jump] = .jump(program.instructions.count) }
  }

  /// Repetitions of one character beyond this count are one instruction instead of as many.
  private static let unrolledLimit = 4

  private mutating func emitRepetition(
    _ body: RegexNode,
    _ minimum: Int,
    _ maximum: Int?,
    backward: Bool
  ) throws(PatternError) {
    if case .character(let character) = body, max(minimum, maximum ?? 0) > Self.unrolledLimit {
      let set = index(of: character)
      try append(.run(set, minimum: minimum, maximum: maximum ?? minimum, backward: backward))
    } else {
      for _ in 0..<minimum { try emit(body, backward: backward) }
      var forks: [Int] = []
      for _ in minimum..<max(minimum, maximum ?? minimum) {
        forks.append(try appendFork())
        try emit(body, backward: backward)
      }
      for fork in forks { complete(fork, first: fork + 1, second: program.instructions.count) }
    }
    if maximum == nil { try emitLoop(body, backward: backward) }
  }

  private mutating func emitLoop(_ body: RegexNode, backward: Bool) throws(PatternError) {
    let fork = try appendFork()
    // Without backreferences the matcher never tries a fork twice at one place, which also ends empty loops.
    let register = program.hasBackreferences && body.canBeEmpty ? program.registerCount : nil
    if let register {
      program.registerCount += 1
      try append(.save(register))
    }
    try emit(body, backward: backward)
    if let register { try append(.progress(register)) }
    try append(.jump(fork))
    complete(fork, first: fork + 1, second: program.instructions.count)
  }

  private mutating func appendFork() throws(PatternError) -> Int {
    try append(.fork(0, 0, memo: program.forkCount))
    program.forkCount += 1
    return program.instructions.count - 1
  }

  private mutating func complete(_ fork: Int, first: Int, second: Int) {
    guard case .fork(_, _, let memo) = program.instructions[fork] else { return }
    program.instructions[fork] = .fork(first, second, memo: memo)
  }

  private mutating func append(_ instruction: RegexProgram.Instruction) throws(PatternError) {
    guard program.instructions.count < RegularExpression.maxInstructions else {
      throw PatternError(message: "the pattern repeats too much: it needs more than \(RegularExpression.maxInstructions) instructions")
    }
    program.instructions.append(instruction)
  }

  private mutating func index(of character: CharacterMatch) -> Int {
    switch character {
    case .scalar(let code): index(of: ScalarSet([code...code]).finished())
    case .set(let set): index(of: set)
    }
  }

  private mutating func index(of set: ScalarSet) -> Int {
    if let index = setIndexes[set] { return index }
    program.sets.append(set)
    setIndexes[set] = program.sets.count - 1
    return program.sets.count - 1
  }

  private func number(of target: BackreferenceTarget) throws(PatternError) -> Int {
    switch target {
    case .number(let number):
      guard number <= groupCount else { throw PatternError(message: "\\\(number) refers to a group that is not there") }
      return number
    case .name(let name):
      guard let number = groupNames[name] else { throw PatternError(message: "\\k<\(name)> refers to a group that is not there") }
      return number
    }
  }
}

extension RegexNode {
  var hasBackreferences: Bool {
    switch self {
    case .backreference: true
    case .sequence(let nodes), .alternatives(let nodes): nodes.contains(where: \.hasBackreferences)
    case .repetition(let body, _, _), .group(let body, _), .look(let body, _, _): body.hasBackreferences
    default: false
    }
  }

  var canBeEmpty: Bool {
    switch self {
    case .character: false
    case .sequence(let nodes): nodes.allSatisfy(\.canBeEmpty)
    case .alternatives(let nodes): nodes.contains(where: \.canBeEmpty)
    case .repetition(let body, let minimum, _): minimum == 0 || body.canBeEmpty
    case .group(let body, _): body.canBeEmpty
    default: true
    }
  }

  var startsAtTextStart: Bool {
    switch self {
    case .textStart: true
    case .sequence(let nodes): nodes.first?.startsAtTextStart ?? false
    case .alternatives(let nodes): nodes.allSatisfy(\.startsAtTextStart)
    case .group(let body, _): body.startsAtTextStart
    case .repetition(let body, let minimum, _): minimum > 0 && body.startsAtTextStart
    default: false
    }
  }
}
