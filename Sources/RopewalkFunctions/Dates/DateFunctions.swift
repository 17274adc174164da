import RopewalkCore

extension BuiltInFunction {
  private static let fieldsOption = FunctionOption(
    "fields",
    "JSON pointers of the members to change; ones that lead nowhere or to null are passed over. Default: the whole payload is one date."
  )
  private static let fromOption = FunctionOption(
    "from",
    "How dates come in: `auto` (default: a date, RFC 3339, or seconds or milliseconds since 1970), `rfc3339`, `date`, `epoch`, `epoch-ms` or a pattern."
  )

  static let formatDate = BuiltInFunction(
    "format-date",
    "Writes dates in another form or time zone offset.",
    options: [
      fieldsOption, fromOption,
      FunctionOption("to", "How they go out: `rfc3339` (default), `date`, `epoch`, `epoch-ms` or a pattern such as `dd.MM.yyyy HH:mm`."),
      FunctionOption("offset", "The offset from UTC to write them in, `Z` or `+02:00`. Default: as they came."),
      FunctionOption("assumeOffset", "The offset that dates without one have. Default `Z`."),
    ]
  ) { options throws(FunctionError) in
    let source = try dateForm("from", options) ?? .auto
    let target = try dateForm("to", options) ?? .rfc3339
    let offset = try dateOffset("offset", options)
    let assumedOffset = try dateOffset("assumeOffset", options) ?? 0
    return try .onDates(options, from: source) { time in
      var time = time
      if time.offset == nil { time.offset = assumedOffset }
      guard let moved = offset.map({ time.moved(to: $0) }) ?? time else { return nil }
      let text = target.format(moved)
      return target.isNumeric ? .number(JSONNumber(literal: text)) : .string(text)
    }
  }

  static let addDuration = BuiltInFunction(
    "add-duration",
    "Moves dates by a fixed length of time.",
    options: [
      FunctionOption("duration", "ISO 8601, such as `P30D`, `P1M` or `PT2H`, with `-` in front to go back. Required."),
      fieldsOption, fromOption,
    ]
  ) { options throws(FunctionError) in
    let text = try options.required("duration", try options.string("duration"))
    guard let duration = CalendarDuration(text) else {
      throw options.error("duration", "must be an ISO 8601 duration such as P30D or PT2H")
    }
    let form = try dateForm("from", options) ?? .auto
    return try .onDates(options, from: form) { time in
      time.advanced(by: duration).map { form.isNumeric ? .number(JSONNumber(literal: form.format($0))) : .string(form.format($0)) }
    }
  }

  private static func dateForm(_ name: String, _ options: FunctionOptions) throws(FunctionError) -> DateForm? {
    guard let text = try options.string(name) else { return nil }
    guard let form = DateForm(text), !(name == "to" && text == "auto") else {
      throw options.error(name, "must be rfc3339, date, epoch, epoch-ms or a pattern of y M d E H h a m s S X x Z")
    }
    return form
  }

  private static func dateOffset(_ name: String, _ options: FunctionOptions) throws(FunctionError) -> Int? {
    guard let text = try options.string(name) else { return nil }
    var scanner = DateScanner(text == "UTC" ? "Z" : text)
    guard let offset = scanner.offset(), scanner.isAtEnd else { throw options.error(name, "must be Z or an offset such as +02:00") }
    return offset
  }
}

extension PreparedFunction {
  /// A function of the dates at `fields`, or of the one that the whole payload is.
  fileprivate static func onDates(
    _ options: FunctionOptions,
    from form: DateForm,
    _ change: @escaping @Sendable (CivilDateTime) -> JSON?
  ) throws(FunctionError) -> PreparedFunction {
    guard let fields = try options.pointers("fields") else {
      return PreparedFunction { input throws(FunctionError) in
        let text = try String.decodeInput(input.payload).trimmingXMLSpace()
        let changed = try date(text, at: JSONPointer(tokens: []), form, change)
        return .replace(FunctionOutput(payload: Array((changed.string ?? changed.text()).utf8), contentType: ContentType.text))
      }
    }
    return .countingConverter(contentType: ContentType.json) { input, allowance throws(FunctionError) in
      var value = try JSON.parseInput(input)
      for field in fields {
        try allowance.countPointer()
        switch value[field] {
        case nil, .null: continue
        case .string(let text): try value.set(try date(text, at: field, form, change), at: field)
        case .number(let number): try value.set(try date(number.literal, at: field, form, change), at: field)
        case .some(let other): throw FunctionError(.functionInput, "\(field.place) must be a date, not \(other.typeName)")
        }
      }
      return value.serialised()
    }
  }

  private static func date(
    _ text: String,
    at field: JSONPointer,
    _ form: DateForm,
    _ change: (CivilDateTime) -> JSON?
  ) throws(FunctionError) -> JSON {
    guard let time = form.parse(text) else {
      throw FunctionError(.functionInput, "\(field.place) is not a date of the form that 'from' asks for")
    }
    guard let changed = change(time) else { throw FunctionError(.functionInput, "\(field.place) leaves the years 1 to 9999") }
    return changed
  }
}
