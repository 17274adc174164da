import RopewalkCore

/// The bounds within which YAML is read.
enum YAMLLimits {
  /// Values in one file, aliases written out, so that a few lines cannot stand for billions.
  static let maxValues = 100_000
  /// Lists and maps within each other; reading recurses.
  static let maxNesting = 64
}

/// Builds the documents of a YAML text. What can be skipped is reported and skipped; a syntax error ends the reading.
struct YAMLComposer {
  /// The documents before the first syntax error, empty ones left out.
  static func documents(in text: String, file: String, findings: Findings) -> [YAMLNode] {
    var composer = YAMLComposer(text: text, file: file, findings: findings)
    do throws(YAMLSyntaxError) {
      try composer.composeStream()
    } catch {
      findings.error(error, in: text, file: file)
    }
    return composer.documents
  }

  private let events: YAMLEvents
  private let lines: [Substring.UnicodeScalarView]
  private let file: String
  private let findings: Findings
  private var documents: [YAMLNode] = []
  private var anchors: [String: YAMLNode] = [:]
  private var values = 0
  private var depth = 0

  private init(text: String, file: String, findings: Findings) {
    self.events = YAMLEvents(text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) ? text.utf8.dropFirst(3) : text.utf8[...])
    self.lines = text[...].unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    self.file = file
    self.findings = findings
  }

  private mutating func composeStream() throws(YAMLSyntaxError) {
    while true {
      let event = try events.next()
      switch event.kind {
      case .streamStart, .documentEnd: continue
      case .documentStart: anchors = [:]
      case .streamEnd: return
      default:
        let document = try compose(event)
        if !document.isNull { documents.append(document) }
      }
    }
  }

  private mutating func compose(_ event: YAMLEvent) throws(YAMLSyntaxError) -> YAMLNode {
    let mark = SourceMark(file: file, line: event.line, column: event.column)
    try count(1, at: event)
    switch event.kind {
    case .scalar(let text, let style, let tag, let anchor):
      check(tag: tag, at: mark)
      let isString = tag == "!" || tag == "tag:yaml.org,2002:str"
      var scalar = YAMLScalar(text: text, style: isString && style == .plain ? .quoted : style)
      scalar.contentMark = style == .literal ? contentMark(ofBlock: text, at: mark) : contentMark(ofLine: text, style, at: mark)
      return register(YAMLNode(.scalar(scalar), at: mark), as: anchor)
    case .listStart(let tag, let anchor):
      check(tag: tag, at: mark)
      return register(try composeList(event, at: mark), as: anchor)
    case .mapStart(let tag, let anchor):
      check(tag: tag, at: mark)
      return register(try composeMap(event, at: mark), as: anchor)
    case .alias(let name):
      guard let node = anchors[name] else {
        findings.error(
          at: mark,
          "there is no anchor &\(name) before this alias",
          remedy: "put &\(name) in front of the value that is meant"
        )
        return YAMLNode(.broken, at: mark)
      }
      try count(node.weight, at: event)
      return node
    default:
      return YAMLNode(.broken, at: mark)
    }
  }

  private mutating func composeList(_ start: YAMLEvent, at mark: SourceMark) throws(YAMLSyntaxError) -> YAMLNode {
    try descend(at: start)
    defer { depth -= 1 }
    var items: [YAMLNode] = []
    while true {
      let event = try events.next()
      if case .listEnd = event.kind { return YAMLNode(.list(items), at: mark) }
      items.append(try compose(event))
    }
  }

  private mutating func composeMap(_ start: YAMLEvent, at mark: SourceMark) throws(YAMLSyntaxError) -> YAMLNode {
    try descend(at: start)
    defer { depth -= 1 }
    var builder = YAMLMapBuilder(findings: findings)
    while true {
      let event = try events.next()
      if case .mapEnd = event.kind { return YAMLNode(.map(builder.finished()), at: mark) }
      let key = try compose(event)
      let value = try compose(events.next())
      builder.add(key: key, value: value)
    }
  }

  private mutating func register(_ node: YAMLNode, as anchor: String?) -> YAMLNode {
    if let anchor { anchors[anchor] = node }
    return node
  }

  private mutating func count(_ more: Int, at event: YAMLEvent) throws(YAMLSyntaxError) {
    values += more
    guard values <= YAMLLimits.maxValues else {
      throw YAMLSyntaxError(
        problem: "the file stands for more than \(YAMLLimits.maxValues) values, aliases written out",
        line: event.line,
        column: event.column
      )
    }
  }

  private mutating func descend(at event: YAMLEvent) throws(YAMLSyntaxError) {
    depth += 1
    guard depth <= YAMLLimits.maxNesting else {
      throw YAMLSyntaxError(
        problem: "lists and maps are nested more than \(YAMLLimits.maxNesting) deep",
        line: event.line,
        column: event.column
      )
    }
  }

  /// A literal block's content begins in the line after its `|`, as far in as the file's line is longer than the content's.
  private func contentMark(ofBlock content: String, at mark: SourceMark) -> SourceMark? {
    let contentLines = content.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = contentLines.firstIndex(where: { !$0.isEmpty }), lines.indices.contains(mark.line + first) else { return nil }
    let written = lines[mark.line + first]
    let indentation = written.prefix { $0 == " " }.count - contentLines[first].prefix { $0 == " " }.count
    return SourceMark(file: file, line: mark.line + 1, column: max(0, indentation) + 1)
  }

  /// Nil where it has escapes, or goes over several lines.
  private func contentMark(ofLine content: String, _ style: YAMLScalar.Style, at mark: SourceMark) -> SourceMark? {
    guard style != .folded, lines.indices.contains(mark.line - 1) else { return nil }
    let column = style == .quoted ? mark.column : mark.column - 1
    guard lines[mark.line - 1].dropFirst(column).starts(with: content.unicodeScalars) else { return nil }
    return SourceMark(file: file, line: mark.line, column: column + 1)
  }

  private func check(tag: String?, at mark: SourceMark) {
    guard let tag, tag != "!", !tag.hasPrefix("tag:yaml.org,2002:") else { return }
    findings.error(at: mark, "the tag \(tag) means nothing here", remedy: "remove it")
  }
}
