/// Runs a ``RegexProgram`` over UTF-8, with a stack of places to go back to instead of recursion.
struct RegexMatcher {
  private let program: RegexProgram
  private let bytes: UnsafeBufferPointer<UInt8>
  /// One bit for each fork at each place: set when it was tried.
  private let visited: UnsafeMutableBufferPointer<UInt64>
  private var registers: [Int]
  private var stack: [Retry] = []
  private var allowance: WorkAllowance
  /// Steps of this match alone.
  private var stepsLeft: Int
  /// What was left when the allowance last heard of it, and when it hears next.
  private var settled: Int
  private var nextLook: Int
  /// The bits of `visited` that the innermost look has set, to be taken back when it succeeds.
  private var visitedLog: [Int]?

  private enum Retry {
    case resume(instruction: Int, place: Int)
    case shorten(instruction: Int, place: Int, shortest: Int, backward: Bool)
    case restore(register: Int, value: Int)
  }

  /// So many words of `visited` are cleared, or bytes compared, in the time of a step.
  private static let wordsPerStep = 8

  /// - Throws: ``PatternError`` when a limit of ``RegularExpression`` or of the allowance is reached.
  static func matches(
    _ program: RegexProgram,
    _ bytes: UnsafeBufferPointer<UInt8>,
    within allowance: inout WorkAllowance
  ) throws(PatternError) -> Bool {
    let states = program.hasBackreferences ? 0 : program.forkCount * (bytes.count + 1)
    guard states <= RegularExpression.maxVisitedStates else {
      throw PatternError(message: "the text of \(bytes.count) bytes is too long for the pattern")
    }
    let words = (states + 63) / 64
    let given = allowance
    let (result, rest): (Result<Bool, PatternError>, WorkAllowance) = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: words) {
      visited in
      visited.initialize(repeating: 0)
      var matcher = RegexMatcher(program, bytes, visited, given)
      do throws(PatternError) {
        return (.success(try matcher.search()), matcher.allowance)
      } catch {
        return (.failure(error), matcher.allowance)
      }
    }
    allowance = rest
    return try result.get()
  }

  private init(
    _ program: RegexProgram,
    _ bytes: UnsafeBufferPointer<UInt8>,
    _ visited: UnsafeMutableBufferPointer<UInt64>,
    _ allowance: WorkAllowance
  ) {
    self.program = program
    self.bytes = bytes
    self.visited = visited
    self.allowance = allowance
    registers = program.hasBackreferences ? Array(repeating: -1, count: program.registerCount) : []
    let steps = RegularExpression.maxSteps(for: bytes.count)
    settled = steps
    stepsLeft = steps - visited.count / Self.wordsPerStep
    nextLook = steps - WorkAllowance.stepsPerLook
  }

  /// Takes a step.
  @inline(__always) private mutating func advance() throws(PatternError) {
    stepsLeft -= 1
    if stepsLeft <= nextLook { try checkLimits() }
  }

  /// Tells the allowance of the steps since it last heard, and ends the match where a limit is reached.
  @inline(never) private mutating func checkLimits() throws(PatternError) {
    try settle()
    guard stepsLeft > 0 else {
      throw PatternError(message: "the match takes more than \(RegularExpression.maxSteps(for: bytes.count)) steps")
    }
    nextLook = max(0, stepsLeft - WorkAllowance.stepsPerLook)
  }

  private mutating func settle() throws(PatternError) {
    let taken = settled - stepsLeft
    settled = stepsLeft
    do throws(WorkLimit) {
      try allowance.spend(taken)
    } catch {
      throw PatternError(message: error.message, isTimeUp: error == .time)
    }
  }

  private mutating func search() throws(PatternError) -> Bool {
    var place = 0
    var found = try run(from: 0, at: place)
    while !found, !program.isAnchored, let next = scalar(after: place)?.next {
      place = next
      found = try run(from: 0, at: place)
    }
    try settle()
    return found
  }

  /// Runs from an instruction to the next `accept`; leaves the stack as it was.
  private mutating func run(from start: Int, at startPlace: Int) throws(PatternError) -> Bool {
    let base = stack.count
    var instruction = start
    var place = startPlace
    while true {
      try advance()
      if case .accept = program.instructions[instruction] {
        discardRetries(downTo: base)
        return true
      }
      if let next = try step(instruction, place) {
        (instruction, place) = next
      } else if let next = retry(downTo: base) {
        (instruction, place) = next
      } else {
        return false
      }
    }
  }

  /// Where to go on after an instruction; nil when it fails.
  @inline(__always) private mutating func step(_ instruction: Int, _ place: Int) throws(PatternError) -> (Int, Int)? {
    switch program.instructions[instruction] {
    case .scalar(let code, let backward):
      guard let (found, next) = scalar(from: place, backward: backward), found == code else { return nil }
      return (instruction + 1, next)
    case .set(let set, let backward):
      guard let (found, next) = scalar(from: place, backward: backward), program.sets[set].contains(found) else { return nil }
      return (instruction + 1, next)
    case .run(let set, let minimum, let maximum, let backward):
      return try take(set, minimum, maximum, backward: backward, instruction, place)
    case .fork(let first, let second, let memo):
      guard visit(memo, place) else { return nil }
      stack.append(.resume(instruction: second, place: place))
      return (first, place)
    case .jump(let target): return (target, place)
    case .textStart: return place == 0 ? (instruction + 1, place) : nil
    case .textEnd: return place == bytes.count ? (instruction + 1, place) : nil
    case .wordBoundary(let negated): return isWordBoundary(place) != negated ? (instruction + 1, place) : nil
    case .save(let register):
      stack.append(.restore(register: register, value: registers[register]))
      registers[register] = place
      return (instruction + 1, place)
    case .progress(let register): return registers[register] == place ? nil : (instruction + 1, place)
    case .repeatCapture(let capture, let backward):
      return repeatedCapture(capture, backward: backward, place).map { (instruction + 1, $0) }
    case .look(let end, let negated):
      return try look(from: instruction + 1, place) != negated ? (end, place) : nil
    case .accept: return nil
    }
  }

  /// Notes that a fork is tried at a place; false when it was before.
  @inline(__always) private mutating func visit(_ memo: Int, _ place: Int) -> Bool {
    if program.hasBackreferences { return true }
    let bit = memo * (bytes.count + 1) + place
    guard visited[bit >> 6] >> UInt64(bit & 63) & 1 == 0 else { return false }
    visited[bit >> 6] |= 1 << UInt64(bit & 63)
    visitedLog?.append(bit)
    return true
  }

  private mutating func take(
    _ set: Int,
    _ minimum: Int,
    _ maximum: Int,
    backward: Bool,
    _ instruction: Int,
    _ start: Int
  ) throws(PatternError) -> (Int, Int)? {
    var place = start
    var shortest = start
    var count = 0
    while count < maximum, let (found, next) = scalar(from: place, backward: backward), program.sets[set].contains(found) {
      place = next
      count += 1
      if count == minimum { shortest = place }
      try advance()
    }
    guard count >= minimum else { return nil }
    if place != shortest {
      stack.append(.shorten(instruction: instruction + 1, place: place, shortest: shortest, backward: backward))
    }
    return (instruction + 1, place)
  }

  private mutating func retry(downTo base: Int) -> (Int, Int)? {
    while stack.count > base {
      switch stack.removeLast() {
      case .resume(let instruction, let place): return (instruction, place)
      case .restore(let register, let value): registers[register] = value
      case .shorten(let instruction, let place, let shortest, let backward):
        guard let (_, shorter) = scalar(from: place, backward: !backward) else { continue }
        if shorter != shortest {
          stack.append(.shorten(instruction: instruction, place: shorter, shortest: shortest, backward: backward))
        }
        return (instruction, shorter)
      }
    }
    return nil
  }

  /// Drops the ways not taken, but keeps what undoes captures for those who come after.
  private mutating func discardRetries(downTo base: Int) {
    guard program.hasBackreferences else {
      stack.removeSubrange(base...)
      return
    }
    let undo = stack[base...].filter { if case .restore = $0 { true } else { false } }
    stack.replaceSubrange(base..., with: undo)
  }

  private mutating func look(from instruction: Int, _ place: Int) throws(PatternError) -> Bool {
    let outerLog = visitedLog
    visitedLog = []
    defer { visitedLog = outerLog }
    let found = try run(from: instruction, at: place)
    if found {
      // What led to a success is no dead end for those who come here again.
      for bit in visitedLog ?? [] { visited[bit >> 6] &= ~(1 << UInt64(bit & 63)) }
    }
    return found
  }

  private mutating func repeatedCapture(_ capture: Int, backward: Bool, _ place: Int) -> Int? {
    let (start, end) = (registers[capture * 2], registers[capture * 2 + 1])
    guard start >= 0, end >= start else { return place }
    let length = end - start
    let from = backward ? place - length : place
    guard from >= 0, from + length <= bytes.count else { return nil }
    stepsLeft -= length / Self.wordsPerStep
    for offset in 0..<length where bytes[start + offset] != bytes[from + offset] { return nil }
    return backward ? from : from + length
  }

  private func isWordBoundary(_ place: Int) -> Bool {
    let before = place > 0 && Self.isWord(bytes[place - 1])
    let after = place < bytes.count && Self.isWord(bytes[place])
    return before != after
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x5F
  }

  @inline(__always) private func scalar(from place: Int, backward: Bool) -> (code: UInt32, next: Int)? {
    backward ? scalar(before: place) : scalar(after: place)
  }

  @inline(__always) private func scalar(after place: Int) -> (code: UInt32, next: Int)? {
    guard place < bytes.count else { return nil }
    let first = UInt32(bytes[place])
    if first < 0x80 { return (first, place + 1) }
    if first < 0xE0 { return ((first & 0x1F) << 6 | continuation(place + 1), place + 2) }
    if first < 0xF0 { return ((first & 0x0F) << 12 | continuation(place + 1) << 6 | continuation(place + 2), place + 3) }
    return ((first & 0x07) << 18 | continuation(place + 1) << 12 | continuation(place + 2) << 6 | continuation(place + 3), place + 4)
  }

  @inline(__always) private func continuation(_ place: Int) -> UInt32 { UInt32(bytes[place] & 0x3F) }

  private func scalar(before place: Int) -> (code: UInt32, next: Int)? {
    guard place > 0 else { return nil }
    var start = place - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(after: start).map { ($0.code, start) }
  }
}
