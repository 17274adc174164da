import RopewalkCore

extension BuiltInFunction {
  private static let delimiterOption = FunctionOption("delimiter", "The character between fields. Default `,`.")
  private static let quoteOption = FunctionOption("quote", "The character around fields. Default `\"`.")

  static let csvToJSON = BuiltInFunction(
    "csv-to-json",
    "Turns CSV (RFC 4180) into a JSON list of objects, all values strings.",
    options: [
      delimiterOption, quoteOption,
      FunctionOption("header", "`true` (default): the first line names the columns. `false`: rows become lists. Or a list of names."),
    ]
  ) { options throws(FunctionError) in
    let (delimiter, quote) = try separators(options)
    let converter = CSVToJSON(delimiter: delimiter, quote: quote, header: try header(options))
    return .countingConverter(contentType: ContentType.json) { input, allowance throws(FunctionError) in
      try converter.convert(input, within: &allowance).serialised()
    }
  }

  static let jsonToCSV = BuiltInFunction(
    "json-to-csv",
    "Turns a JSON list of objects, or of lists, into CSV.",
    options: [
      delimiterOption, quoteOption,
      FunctionOption("header", "`false` leaves out the line of names. Default `true`."),
      FunctionOption("columns", "The members to write, in order. Default: every key, in the order they first appear."),
      FunctionOption("lineEnd", "`crlf` (default) or `lf`."),
    ]
  ) { options throws(FunctionError) in
    let (delimiter, quote) = try separators(options)
    let converter = JSONToCSV(
      delimiter: delimiter,
      quote: quote,
      writesHeader: try options.bool("header", default: true),
      columns: try options.strings("columns"),
      lineEnd: try options.choice("lineEnd", of: ["crlf", "lf"]) == "lf" ? "\n" : "\r\n"
    )
    return .countingConverter(contentType: ContentType.csv) { input, allowance throws(FunctionError) in
      try converter.convert(try JSON.parseInput(input), within: &allowance)
    }
  }

  private static func separators(_ options: FunctionOptions) throws(FunctionError) -> (delimiter: UInt8, quote: UInt8) {
    let delimiter = try options.byte("delimiter", default: ",")
    let quote = try options.byte("quote", default: "\"")
    guard delimiter != quote else { throw options.error("quote", "must differ from the delimiter") }
    return (delimiter, quote)
  }

  private static func header(_ options: FunctionOptions) throws(FunctionError) -> CSVToJSON.Header {
    if case .array = options.values["header"] {
      let names = try options.strings("header") ?? []
      guard Set(names).count == names.count, !names.isEmpty else { throw options.error("header", "must name each column once") }
      return .names(names)
    }
    return try options.bool("header", default: true) ? .first : .none
  }
}
