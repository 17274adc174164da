import RopewalkCore

extension BuiltInFunction {
  static let filter = BuiltInFunction(
    "filter",
    role: .filter,
    "Lets a message pass when one member of its JSON payload, or one header, meets every condition given; drops it otherwise.",
    options: [
      FunctionOption("pointer", "The member to look at, a JSON pointer such as `/action`. This or `header` is required."),
      FunctionOption("header", "The header to look at; its value is a string."),
      FunctionOption("exists", "`true`: it must be there. `false`: it must not."),
      FunctionOption("equals", "The value it must equal. Numbers are compared by value, so 1 equals 1.0."),
      FunctionOption("notEquals", "A value it must not equal; what is absent equals nothing."),
      FunctionOption("in", "A list of values of which it must equal one."),
      FunctionOption("greaterThan", "A number it must exceed. Not a number, it fails the condition; so with the next three."),
      FunctionOption("lessThan", "A number it must stay below."),
      FunctionOption("atLeast", "The smallest number it may be."),
      FunctionOption("atMost", "The largest number it may be."),
      FunctionOption("matches", "A regular expression (ECMA-262) that must match somewhere in the string."),
    ]
  ) { options throws(FunctionError) in
    let pointer = try options.pointer("pointer")
    let header = try options.string("header")
    // Before what is missing, which nobody can leave out to find what else is wrong.
    let conditions = try MemberCondition.all(options)
    guard (pointer == nil) != (header == nil) else {
      throw options.error("pointer", "or 'header' is required, and only one of them", alternatives: ["header"])
    }
    guard !conditions.isEmpty else {
      throw options.error(
        header == nil ? "pointer" : "header",
        "needs a condition beside it: exists, equals, notEquals, in, greaterThan, lessThan, atLeast, atMost or matches",
        alternatives: MemberCondition.names
      )
    }
    return PreparedFunction { input throws(FunctionError) in
      let value: JSON?
      if let header {
        value = input.headers[header].map(JSON.string)
      } else {
        value = try JSON.parseInput(input.payload)[pointer ?? JSONPointer(tokens: [])]
      }
      for condition in conditions where !(try condition.holds(for: value)) { return .drop }
      return .pass
    }
  }
}
