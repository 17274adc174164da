import RopewalkCore

/// A list of objects, or of lists, to CSV.
struct JSONToCSV: Sendable {
  var delimiter = UInt8(ascii: ",")
  var quote = UInt8(ascii: "\"")
  var writesHeader = true
  /// The members to write, in order. Nil: the keys of all objects in the order they first appear.
  var columns: [String]?
  var lineEnd = "\r\n"

  func convert(_ value: JSON, within allowance: inout WorkAllowance) throws(FunctionError) -> [UInt8] {
    guard case .array(let rows) = value else {
      throw FunctionError(.functionInput, "the payload must be a list of objects or of lists, not \(value.typeName)")
    }
    var output: [UInt8] = []
    if case .array = rows.first {
      for (index, row) in rows.enumerated() {
        guard case .array(let values) = row else { throw mixed(row, index) }
        try write(values, row: index, to: &output)
      }
      return output
    }
    let columns: [String]
    if let chosen = self.columns { columns = chosen } else { columns = try allKeys(rows) }
    if writesHeader, !columns.isEmpty { try write(columns.map(JSON.string), row: 0, to: &output) }
    for (index, row) in rows.enumerated() {
      guard case .object(let object) = row else { throw mixed(row, index) }
      try write(try values(of: object, in: columns, within: &allowance), row: index, to: &output)
    }
    return output
  }

  private func allKeys(_ rows: [JSON]) throws(FunctionError) -> [String] {
    var keys: [String] = []
    var seen: Set<String> = []
    for (index, row) in rows.enumerated() {
      guard case .object(let object) = row else { throw mixed(row, index) }
      for member in object.members where seen.insert(member.key).inserted { keys.append(member.key) }
      guard keys.count <= CSVReader.maxFields else {
        throw FunctionError(.functionLimit, "the objects have more than \(CSVReader.maxFields) different keys")
      }
    }
    return keys
  }

  /// So many members are passed over in the time of a step.
  private static let membersPerStep = 8

  /// Rows mostly have their members in the columns' order: then no key is searched. A row may have many more columns than
  /// members, and each is written.
  private func values(
    of object: JSONObject,
    in columns: [String],
    within allowance: inout WorkAllowance
  ) throws(FunctionError) -> [JSON] {
    var values: [JSON] = []
    values.reserveCapacity(columns.count)
    for (index, column) in columns.enumerated() {
      let isInOrder = index < object.count && object.members[index].key == column
      try allowance.count(isInOrder ? 1 : 1 + object.count / Self.membersPerStep)
      values.append(isInOrder ? object.members[index].value : object[column] ?? .null)
    }
    return values
  }

  private func write(_ values: [JSON], row: Int, to output: inout [UInt8]) throws(FunctionError) {
    for (index, value) in values.enumerated() {
      if index > 0 { output.append(delimiter) }
      switch value {
      case .null: break
      case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
      case .number(let number): output.append(contentsOf: number.literal.utf8)
      case .string(let text): write(text, isAlone: values.count == 1, to: &output)
      case .array, .object:
        throw FunctionError(.functionInput, "row \(row), field \(index + 1) is \(value.typeName); a CSV field is a single value")
      }
    }
    output.append(contentsOf: lineEnd.utf8)
  }

  /// Quotes a text where it needs it, or where it would leave an empty line, which readers skip.
  private func write(_ text: String, isAlone: Bool, to output: inout [UInt8]) {
    let needsQuotes =
      text.utf8.contains { $0 == delimiter || $0 == quote || $0 == 0x0A || $0 == 0x0D } || (isAlone && text.isEmpty)
    guard needsQuotes else { return output.append(contentsOf: text.utf8) }
    output.append(quote)
    for byte in text.utf8 {
      if byte == quote { output.append(quote) }
      output.append(byte)
    }
    output.append(quote)
  }

  private func mixed(_ row: JSON, _ index: Int) -> FunctionError {
    FunctionError(.functionInput, "row \(index) is \(row.typeName); all rows must be objects, or all lists")
  }
}
