import RopewalkCore

/// A `Table` of the server as text in columns.
struct ServerTable {
  static let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

  /// Whether columns are shown that are for the wide form only.
  var isWide: Bool
  var showsNamespace: Bool

  private func columns(_ table: JSON) -> [(index: Int, name: String)] {
    (table["columnDefinitions"]?.array ?? []).enumerated().compactMap { index, column in
      guard isWide || column["priority"]?.int ?? 0 == 0 else { return nil }
      return (index, column["name"]?.string?.uppercased() ?? "")
    }
  }

  func header(_ table: JSON) -> [String] {
    (showsNamespace ? ["NAMESPACE"] : []) + columns(table).map(\.name)
  }

  func rows(_ table: JSON) -> [[String]] {
    let columns = columns(table)
    return (table["rows"]?.array ?? []).map { row in
      let cells = row["cells"]?.array ?? []
      let namespace = row["object"]?["metadata"]?["namespace"]?.string ?? ""
      return (showsNamespace ? [namespace] : []) + columns.map { Self.text(cells.indices.contains($0.index) ? cells[$0.index] : .null) }
    }
  }

  private static func text(_ cell: JSON) -> String {
    switch cell {
    case .null: "<none>"
    case .string(let text): TerminalText.line(text, width: 200)
    default: TerminalText.line(cell.text(), width: 200)
    }
  }
}
