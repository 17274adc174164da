package import RopewalkCore

/// A function that comes with Ropewalk: a step without WASM, and, where it is a converter, what a guest's `Transform` calls.
package struct BuiltInFunction: Sendable {
  package enum Role: String, Sendable {
    /// Answers another payload.
    case converter
    /// Lets a message pass or drops it.
    case filter
  }

  package let name: String
  package let role: Role
  /// One sentence.
  package let summary: String
  package let options: [FunctionOption]
  private let make: @Sendable (FunctionOptions) throws(FunctionError) -> PreparedFunction

  init(
    _ name: String,
    role: Role = .converter,
    _ summary: String,
    options: [FunctionOption] = [],
    make: @escaping @Sendable (FunctionOptions) throws(FunctionError) -> PreparedFunction
  ) {
    self.name = name
    self.role = role
    self.summary = summary
    self.options = options
    self.make = make
  }

  /// Checks the options once, for many messages.
  /// - Parameter folder: what a relative path among the options is relative to; nil allows no files.
  /// - Throws: ``FunctionError`` with code `function.option` and the option that is wrong.
  package func prepare(_ options: JSONObject = JSONObject(), folder: String? = nil) throws(FunctionError) -> PreparedFunction {
    let known = self.options.map(\.name)
    for name in options.keys where !known.contains(name) {
      let hint = nearestWord(to: name, among: known).map { "did you mean '\($0)'?" }
      let remedy = hint ?? (known.isEmpty ? "it takes none" : "it takes \(known.joined(separator: ", "))")
      throw FunctionError(.functionOption, "\(self.name) has no option '\(name)'; \(remedy)", option: [name])
    }
    return try make(FunctionOptions(function: self.name, values: options, folder: folder))
  }

  /// Converts one payload, as a guest's `Transform` does.
  /// - Throws: ``FunctionError`` when an option or the input is wrong, when the function is a filter, or when the
  ///   allowance is used up.
  package func apply(
    _ input: [UInt8],
    options: JSONObject = JSONObject(),
    within allowance: WorkAllowance? = nil
  ) throws(FunctionError) -> FunctionOutput {
    guard role == .converter else {
      throw FunctionError(.functionUnknown, "\(name) is a filter: it works as a step of its own, not within another")
    }
    guard
      case .replace(let output) = try prepare(options).apply(
        FunctionInput(payload: input, allowance: allowance ?? WorkAllowance(forBytes: input.count))
      )
    else {
      return FunctionOutput(payload: input, contentType: "")
    }
    return output
  }
}

/// One option of a function, for its documentation and for what is said about unknown ones.
package struct FunctionOption: Sendable {
  package let name: String
  /// What it takes, its default, and what it does, in a sentence.
  package let summary: String

  init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }
}
