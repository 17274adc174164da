import RopewalkCore

/// An error as the JavaScript engine tells it, put in terms of the user's source:
///
///     TypeError: cannot read property 'x' of undefined
///         at process (filter-1.js:12:7)
///         at forEach (native)
struct ScriptTrace {
  var message: String
  /// Innermost first.
  var frames: [String] = []
  /// The innermost place in the user's source.
  var mark: SourceMark?

  init(_ text: String, script: GuestScript) {
    var lines = text.scriptLines[...]
    let headline = lines.prefix { !$0.isFrame }
    message = headline.joined(separator: "\n")
    lines = lines.dropFirst(headline.count)
    for line in lines {
      guard let frame = Frame(line) else { continue }
      guard frame.file == script.name, let place = frame.place else {
        frames.append(frame.text)
        continue
      }
      // What has no place in the user's source is the bundler's, and nobody's concern.
      guard let mark = script.mark(line: place.line, column: place.column) else { continue }
      self.mark = self.mark ?? mark
      frames.append(frame.function.isEmpty ? "\(mark)" : "\(frame.function) (\(mark))")
    }
  }

  private struct Frame {
    var text: String
    var function: String
    var file: String
    var place: (line: Int, column: Int)?

    /// `    at function (file:line:column)`, `    at file:line:column`, `    at function (native)`
    init?(_ line: Substring) {
      guard line.isFrame else { return nil }
      let content = line.drop { $0 == " " }.dropFirst("at ".count)
      text = String(content)
      function = ""
      var location = content
      if content.last == ")", let open = content.lastIndex(of: "(") {
        function = String(content[..<open].trimmingSuffix { $0 == " " })
        location = content[content.index(after: open)...].dropLast()
      }
      let parts = location.split(separator: ":", omittingEmptySubsequences: false)
      if parts.count >= 3, let line = Int(parts[parts.count - 2]), let column = Int(parts[parts.count - 1]) {
        file = parts.dropLast(2).joined(separator: ":")
        place = (line, column)
      } else {
        file = String(location)
      }
    }
  }
}

extension Substring {
  fileprivate var isFrame: Bool { drop { $0 == " " }.hasPrefix("at ") && hasPrefix("    ") }

  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
    var result = self
    while let last = result.last, isTrimmed(last) { result = result.dropLast() }
    return result
  }
}
