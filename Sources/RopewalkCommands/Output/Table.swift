/// Text in columns, two spaces between them; numbers stand right.
struct Table {
  var header: [String]
  var rows: [[String]] = []

  init(_ header: String...) {
    self.header = header
  }

  init(header: [String]) {
    self.header = header
  }

  mutating func add(_ row: String...) {
    rows.append(row)
  }

  func text() -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let isNumeric = header.indices.map { column in
      !rows.isEmpty && rows.allSatisfy { Self.isNumeric($0[column]) }
    }
    return all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += (column == 0 ? "" : "  ") + (isNumeric[column] ? padding + cell : cell + padding)
      }
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }

  /// `1,234`, `-`, `12s`, `1.75 ms` or nothing; not an id or a date that begins with a digit.
  private static func isNumeric(_ cell: String) -> Bool {
    let number = cell.prefix { $0.isNumber || ",.-".contains($0) }
    let unit = cell.dropFirst(number.count)
    return cell.isEmpty || !number.isEmpty && unit.count <= 4 && unit.allSatisfy { $0.isLetter || $0 == " " || $0 == "%" }
  }
}
