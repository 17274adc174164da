import RopewalkCore

extension Findings {
  /// Reports a syntax error in the user's words.
  func error(_ error: YAMLSyntaxError, in text: String, file: String) {
    let mark = SourceMark(file: file, line: error.line, column: error.column)
    if let tab = error.tab(in: text) {
      let mark = SourceMark(file: file, line: error.line, column: tab)
      return self.error(at: mark, "a tab cannot indent YAML", remedy: "use spaces, two for each level")
    }
    var message = "not valid YAML: \(error.problem)"
    if let context = error.context {
      message += ", \(context.text)" + (context.line == error.line ? "" : " that begins in line \(context.line)")
    }
    self.error(at: mark, message, remedy: error.remedy)
  }
}

extension YAMLSyntaxError {
  /// The column of a tab among the white space that the line begins with, where that is what libyaml stumbled over.
  fileprivate func tab(in text: String) -> Int? {
    guard !problem.hasPrefix("the file") else { return nil }
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1) else { return nil }
    let indentation = lines[line - 1].prefix { $0 == " " || $0 == "\t" }
    let place = indentation.firstIndex(of: "\t").map { indentation.distance(from: indentation.startIndex, to: $0) + 1 }
    return place.flatMap { problem.contains("tab") || problem.contains("start any token") || problem.contains("expected") ? $0 : nil }
  }

  fileprivate var remedy: String {
    for (word, remedy) in Self.remedies where problem.contains(word) { return remedy }
    return ""
  }

  private static let remedies = [
    ("mapping values are not allowed", "check the indentation, and put a value that contains \": \" in quotes"),
    ("could not find expected ':'", "a key needs \": \" and its value behind it"),
    ("did not find expected key", "check the indentation of this line, and the quotes and brackets before it"),
    ("did not find expected '-'", "give every \"- \" of a list the same indentation"),
    ("did not find expected ','", "put a comma between the items, and close every bracket"),
    ("cannot start any token", "put the value in quotes"),
    ("unexpected end of stream", "close the quote or bracket that is open here"),
    ("unexpected document indicator", "close the quote or bracket that is open here"),
    ("unknown escape character", "write \\\\ for a backslash, or use single quotes"),
    ("undefined tag", "put a value that begins with ! in quotes"),
    ("control characters", "remove the character, or write it as an escape such as \"\\x07\""),
    ("aliases written out", "use fewer aliases"),
    ("nested more than", "make it flatter"),
    ("block sequence entries are not allowed", "begin the list on a line of its own"),
    ("did not find expected node content", "write the value, or close the bracket"),
    ("document start", "begin a further document with a line ---"),
    ("expected alphabetic or numeric", "put a value that begins with * or & in quotes"),
  ]
}
