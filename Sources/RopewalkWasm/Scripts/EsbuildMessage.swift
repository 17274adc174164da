/// One error of esbuild's plain output:
///
///     ✘ [ERROR] Could not resolve "fs"
///
///         order.ts:1:15:
///           1 │ import fs from "fs";
///             ╵                ~~~~
///
///       The package "fs" wasn't found on the file system but is built into node. …
struct EsbuildMessage: Equatable {
  var text: String
  var file: String?
  /// From 1.
  var line: Int?
  /// In bytes from 0.
  var column: Int?
  /// What follows the place, such as a hint.
  var notes: [String] = []

  static func errors(in output: String) -> [EsbuildMessage] {
    var messages: [EsbuildMessage] = []
    for line in output.split(whereSeparator: \.isNewline) {
      if let text = line.wholeText(after: "[ERROR] ") {
        messages.append(EsbuildMessage(text: text))
        continue
      }
      guard let last = messages.indices.last else { continue }
      let trimmed = line.drop { $0 == " " }
      if messages[last].file == nil, let place = Place(trimmed) {
        (messages[last].file, messages[last].line, messages[last].column) = (place.file, place.line, place.column)
      } else if line.hasPrefix("  "), !line.hasPrefix("    "), !trimmed.isEmpty {
        messages[last].notes.append(String(trimmed))
      }
    }
    return messages
  }

  private struct Place {
    var file: String
    var line: Int
    var column: Int

    /// `file:line:column:`
    init?(_ text: Substring) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count >= 4, parts[parts.count - 1].isEmpty, let line = Int(parts[parts.count - 3]),
        let column = Int(parts[parts.count - 2])
      else { return nil }
      self.file = parts.dropLast(3).joined(separator: ":")
      self.line = line
      self.column = column
    }
  }
}

extension Substring {
  /// What stands behind a marker such as `✘ [ERROR] `, where the line starts with it but for the sign in front.
  fileprivate func wholeText(after marker: String) -> String? {
    guard !hasPrefix(" "), let range = firstRange(of: marker) else { return nil }
    return String(self[range.upperBound...])
  }

  private func firstRange(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
