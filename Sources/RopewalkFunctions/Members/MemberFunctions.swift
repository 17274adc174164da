import RopewalkCore

extension BuiltInFunction {
  static let pick = BuiltInFunction(
    "pick",
    "Keeps only some members of a JSON object, each at its place.",
    options: [FunctionOption("members", "JSON pointers of what to keep; ones that lead nowhere are passed over. Required.")]
  ) { options throws(FunctionError) in
    let members = try options.required("members", try options.pointers("members"))
    return .editing { value, allowance throws(FunctionError) in
      var picked = JSON.object(JSONObject())
      for member in members {
        try allowance.countPointer()
        guard let found = value[member] else { continue }
        try picked.set(found, at: member)
      }
      value = picked
    }
  }

  static let remove = BuiltInFunction(
    "remove",
    "Takes members out of a JSON payload.",
    options: [FunctionOption("members", "JSON pointers of what to take out; ones that lead nowhere are passed over. Required.")]
  ) { options throws(FunctionError) in
    let members = try options.required("members", try options.pointers("members"))
    return .editing { value, allowance throws(FunctionError) in
      for member in members {
        try allowance.countPointer()
        value.remove(at: member)
      }
    }
  }

  static let rename = BuiltInFunction(
    "rename",
    "Moves members of a JSON payload to other places.",
    options: [FunctionOption("members", "A map from JSON pointer to JSON pointer: `{/InvoiceNo: /invoice/number}`. Required.")]
  ) { options throws(FunctionError) in
    var moves: [(from: JSONPointer, to: JSONPointer)] = []
    for member in try options.required("members", try options.object("members")).members {
      guard let target = member.value.string else { throw options.error("members", "must map pointers to pointers") }
      moves.append((try options.pointer("members", member.key), try options.pointer("members", target)))
    }
    return .editing { [moves] value, allowance throws(FunctionError) in
      for move in moves {
        try allowance.countPointer()
        guard let moved = value.remove(at: move.from) else { continue }
        try value.set(moved, at: move.to)
      }
    }
  }

  static let set = BuiltInFunction(
    "set",
    "Sets members of a JSON payload to fixed values.",
    options: [FunctionOption("members", "A map from JSON pointer to value: `{/source: webshop}`. Required.")]
  ) { options throws(FunctionError) in
    var values: [(place: JSONPointer, value: JSON)] = []
    for member in try options.required("members", try options.object("members")).members {
      values.append((try options.pointer("members", member.key), member.value))
    }
    return .editing { [values] value, allowance throws(FunctionError) in
      for (place, member) in values {
        try allowance.countPointer()
        try value.set(member, at: place)
      }
    }
  }
}

extension PreparedFunction {
  /// A converter from JSON to JSON.
  fileprivate static func editing(
    _ edit: @escaping @Sendable (inout JSON, inout WorkAllowance) throws(FunctionError) -> Void
  ) -> PreparedFunction {
    .countingConverter(contentType: ContentType.json) { input, allowance throws(FunctionError) in
      var value = try JSON.parseInput(input)
      try edit(&value, &allowance)
      return value.serialised()
    }
  }
}
