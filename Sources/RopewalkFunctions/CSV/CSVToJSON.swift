import RopewalkCore

/// CSV to a list of objects, keyed by the header line, or to a list of lists.
struct CSVToJSON: Sendable {
  enum Header: Sendable, Equatable {
    /// The first record names the columns.
    case first
    /// There is no header: records become lists.
    case none
    /// There is none, and these are the columns' names.
    case names([String])
  }

  var delimiter = UInt8(ascii: ",")
  var quote = UInt8(ascii: "\"")
  var header = Header.first

  func convert(_ input: [UInt8], within allowance: inout WorkAllowance) throws(FunctionError) -> JSON {
    try input.withUnsafeBufferPointer { (bytes) throws(FunctionError) in
      var reader = CSVReader(bytes: bytes, delimiter: delimiter, quote: quote)
      return .array(try records(&reader, within: &allowance))
    }
  }

  private func records(_ reader: inout CSVReader, within allowance: inout WorkAllowance) throws(FunctionError) -> [JSON] {
    var fields: [String] = []
    var records: [JSON] = []
    guard let names = try columnNames(&reader) else {
      while try reader.next(into: &fields) { records.append(.array(fields.map(JSON.string))) }
      return records
    }
    // Every record has all the names, which may be far longer than it is.
    let length = names.reduce(names.count) { $0 + $1.utf8.count }
    while try reader.next(into: &fields) {
      try allowance.count(length)
      guard fields.count == names.count else {
        throw FunctionError(
          .functionInput,
          "the payload is not valid CSV at line \(reader.recordLine): expected \(names.count) fields, found \(fields.count)"
        )
      }
      records.append(.object(JSONObject(names.indices.map { JSONObject.Member(key: names[$0], value: .string(fields[$0])) })))
    }
    return records
  }

  private func columnNames(_ reader: inout CSVReader) throws(FunctionError) -> [String]? {
    switch header {
    case .none: return nil
    case .names(let names): return names
    case .first:
      var names: [String] = []
      guard try reader.next(into: &names) else { return [] }
      var seen: Set<String> = []
      for (index, name) in names.enumerated() where !seen.insert(name).inserted {
        throw FunctionError(.functionInput, "the payload's header, line \(reader.recordLine), names field \(index + 1) like an earlier one")
      }
      return names
    }
  }
}
