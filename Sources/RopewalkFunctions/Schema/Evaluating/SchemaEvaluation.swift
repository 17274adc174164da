import RopewalkCore

/// One validation: walks the program and the instance together.
///
/// It runs twice over an instance that is not valid: first to know, as fast as can be, then to list what is wrong.
struct SchemaEvaluation {
  let program: SchemaProgram
  let limits: SchemaLimits
  /// Goes on after the first violation and lists them all.
  let listsViolations: Bool
  private var found: [SchemaViolation] = []
  private var foundBytes = 0
  /// Where in the instance the evaluation is; kept only where violations are listed.
  private var path: [String] = []
  /// Within `not`, `if` and the like, what is not valid is no violation.
  private var quietDepth = 0
  /// The resources entered, outermost first.
  private var scope: [Int] = []
  private var evaluations = 0
  private(set) var allowance: WorkAllowance
  private var depth = 0
  /// Set when a limit is reached; everything then ends at once.
  private(set) var failure: FunctionError?

  init(program: SchemaProgram, limits: SchemaLimits, listsViolations: Bool, within allowance: WorkAllowance) {
    self.program = program
    self.limits = limits
    self.listsViolations = listsViolations
    self.allowance = allowance
  }

  mutating func isValid(_ instance: JSON) throws(FunctionError) -> Bool {
    let isValid = evaluate(program.root, instance)
    if let failure { throw failure }
    return isValid
  }

  mutating func violations(of instance: JSON) throws(FunctionError) -> [SchemaViolation] {
    _ = try isValid(instance)
    return found
  }

  /// Applies a subschema to a value of its own.
  mutating func evaluate(_ node: Int, _ instance: JSON) -> Bool {
    var places = EvaluatedPlaces(isWanted: false)
    return evaluate(node, instance, &places)
  }

  /// Applies a subschema to the value that `places` belongs to.
  mutating func evaluate(_ index: Int, _ instance: JSON, _ places: inout EvaluatedPlaces) -> Bool {
    guard enter() else { return false }
    defer { depth -= 1 }
    let node = program.nodes[index]
    if node.isFalse { return fail(node, "", "is not allowed") }
    guard !node.keywords.isEmpty else { return true }
    let entersResource = scope.last != node.resource
    if entersResource { scope.append(node.resource) }
    defer { if entersResource { scope.removeLast() } }
    var ownPlaces = EvaluatedPlaces(isWanted: places.isWanted || node.needsEvaluatedPlaces)
    var isValid = true
    for keyword in node.keywords where !check(keyword, of: node, instance, &ownPlaces) {
      isValid = false
      guard mayGoOn else { return false }
    }
    if isValid { places.formUnion(ownPlaces) }
    return isValid
  }

  /// Counts an evaluation; false, and nothing is counted, once a limit is reached.
  private mutating func enter() -> Bool {
    guard failure == nil else { return false }
    evaluations += 1
    if depth >= limits.maxDepth {
      failure = FunctionError(
        .schemaLimit,
        "validation nests deeper than \(limits.maxDepth) subschemas: the schema refers to itself without end, or the payload is too deep"
      )
    } else if evaluations > limits.maxEvaluations {
      failure = FunctionError(.schemaLimit, "validation takes more than \(limits.maxEvaluations) evaluations of subschemas")
    } else if spend(1) {
      depth += 1
      return true
    }
    return false
  }

  /// Takes steps for what grows with the schema or the value; false, and the validation ends, where there are none left.
  @inline(__always) mutating func spend(_ steps: Int) -> Bool {
    do throws(WorkLimit) {
      try allowance.spend(steps)
      return true
    } catch {
      abandon(FunctionError(error, .schemaLimit))
      return false
    }
  }

  /// Asks for the time before work whose length nobody knows; false, and the validation ends, where it is used up.
  mutating func hasTime() -> Bool {
    do throws(WorkLimit) {
      try allowance.look()
      return true
    } catch {
      abandon(FunctionError(error, .schemaLimit))
      return false
    }
  }

  /// Matches a pattern. One that reaches a limit ends the validation.
  mutating func matches(_ expression: RegularExpression, _ text: String) -> Bool {
    do throws(PatternError) {
      return try expression.matches(text, within: &allowance)
    } catch {
      abandon(error.isTimeUp ? FunctionError(.time) : FunctionError(.schemaLimit, "a pattern: \(error.message)"))
      return false
    }
  }

  /// Whether what comes after a violation is of interest.
  var mayGoOn: Bool {
    listsViolations && quietDepth == 0 && failure == nil && found.count < limits.maxViolations
      && foundBytes < limits.maxViolationBytes
  }

  /// So many bytes of a text or a number are looked at in the time of a step.
  static let bytesPerStep = 16
  /// So many members are passed over in the time of a step.
  static let membersPerStep = 8

  private mutating func check(_ keyword: SchemaKeyword, of node: SchemaNode, _ instance: JSON, _ places: inout EvaluatedPlaces) -> Bool {
    switch instance {
    case .object(let object):
      if let isValid = check(keyword, of: node, object, &places) { return isValid }
    case .array(let elements):
      if let isValid = check(keyword, of: node, elements, &places) { return isValid }
    case .string(let text):
      guard spend(text.utf8.count / Self.bytesPerStep) else { return false }
      if let isValid = check(keyword, of: node, text) { return isValid }
    case .number(let number):
      guard spend(number.literal.utf8.count / Self.bytesPerStep) else { return false }
      if let isValid = check(keyword, of: node, number) { return isValid }
    case .null, .bool: break
    }
    return checkAny(keyword, of: node, instance, &places)
  }

  /// Notes a violation where they are listed. Always false.
  mutating func fail(_ node: SchemaNode, _ keyword: String, _ message: @autoclosure () -> String) -> Bool {
    if mayGoOn {
      let violation = SchemaViolation(
        instance: JSONPointer(tokens: path).description,
        schema: node.location + (keyword.isEmpty ? "" : "/" + keyword),
        message: message()
      )
      foundBytes += violation.instance.utf8.count + violation.schema.utf8.count + violation.message.utf8.count
      found.append(violation)
    }
    return false
  }

  /// Ends the validation without an answer.
  mutating func abandon(_ error: FunctionError) {
    failure = failure ?? error
  }

  /// Applies a subschema without listing what it finds.
  mutating func evaluateQuietly(_ node: Int, _ instance: JSON, _ places: inout EvaluatedPlaces) -> Bool {
    quietDepth += 1
    defer { quietDepth -= 1 }
    return evaluate(node, instance, &places)
  }

  /// Applies a subschema to a member or element.
  mutating func evaluate(_ node: Int, _ instance: JSON, at token: @autoclosure () -> String) -> Bool {
    guard listsViolations else { return evaluate(node, instance) }
    path.append(token())
    defer { path.removeLast() }
    return evaluate(node, instance)
  }

  /// The node that a dynamic anchor means here: the outermost resource entered that has one.
  func dynamicTarget(_ anchor: String, otherwise node: Int) -> Int {
    for resource in scope {
      if let target = program.dynamicAnchors[resource][anchor] { return target }
    }
    return node
  }
}
