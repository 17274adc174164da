import CYaml  // libyaml, which Yams carries; Yams' own tree stops at the first doubled key and does not bound aliases
import RopewalkCore

/// One event of libyaml's parser.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case scalar(text: String, style: YAMLScalar.Style, tag: String?, anchor: String?)
    case listStart(tag: String?, anchor: String?)
    case listEnd
    case mapStart(tag: String?, anchor: String?)
    case mapEnd
    case alias(String)
  }

  var kind: Kind
  /// From 1; columns count Unicode scalars.
  var line: Int
  var column: Int
}

/// Why libyaml cannot go on.
struct YAMLSyntaxError: Error {
  var problem: String
  var line: Int
  var column: Int
  /// What it was about, such as `while parsing a block mapping`, and the line that began at.
  var context: (text: String, line: Int)?
}

/// libyaml's parser over a text that it owns. After an error it must not be asked again.
final class YAMLEvents {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  init(_ text: some Collection<UInt8>) {
    input = .allocate(capacity: text.count)
    _ = input.initialize(from: text)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    yaml_parser_initialize(parser)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  func next() throws(YAMLSyntaxError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    return YAMLEvent(kind: kind(of: event), line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
  }

  private func kind(of event: yaml_event_t) -> YAMLEvent.Kind {
    switch event.type {
    case YAML_STREAM_START_EVENT: return .streamStart
    case YAML_DOCUMENT_START_EVENT: return .documentStart
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return .scalar(text: text, style: style(of: scalar.style), tag: string(scalar.tag), anchor: string(scalar.anchor))
    case YAML_SEQUENCE_START_EVENT:
      return .listStart(tag: string(event.data.sequence_start.tag), anchor: string(event.data.sequence_start.anchor))
    case YAML_SEQUENCE_END_EVENT: return .listEnd
    case YAML_MAPPING_START_EVENT:
      return .mapStart(tag: string(event.data.mapping_start.tag), anchor: string(event.data.mapping_start.anchor))
    case YAML_MAPPING_END_EVENT: return .mapEnd
    case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor) ?? "")
    default: return .streamEnd
    }
  }

  private func style(of style: yaml_scalar_style_t) -> YAMLScalar.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: .quoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text.map { String(cString: $0) }
  }

  private func syntaxError() -> YAMLSyntaxError {
    var problem = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
    if problem.hasPrefix("Maximum nesting level") { problem = "lists and maps are nested more than 1000 deep" }
    if parser.pointee.error == YAML_READER_ERROR {
      let (line, column) = place(ofByte: Int(parser.pointee.problem_offset))
      return YAMLSyntaxError(problem: problem, line: line, column: column)
    }
    let mark = parser.pointee.problem_mark
    return YAMLSyntaxError(
      problem: problem,
      line: Int(mark.line) + 1,
      column: Int(mark.column) + 1,
      context: parser.pointee.context.map { (String(cString: $0), Int(parser.pointee.context_mark.line) + 1) }
    )
  }

  private func place(ofByte offset: Int) -> (line: Int, column: Int) {
    let before = input.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    return (line, 1 + before[lineStart...].count { $0 & 0xC0 != 0x80 })
  }
}
