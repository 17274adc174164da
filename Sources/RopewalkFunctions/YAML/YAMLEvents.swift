import CYaml
import RopewalkCore

/// libyaml's parser as a row of events; owns the parser and the current event.
final class YAMLEvents {
  private var parser = yaml_parser_t()
  private var event = yaml_event_t()

  /// - Parameter bytes: UTF-8 that outlives this.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    yaml_parser_initialize(&parser)
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_event_delete(&event)
    yaml_parser_delete(&parser)
  }

  func advance() throws(FunctionError) {
    yaml_event_delete(&event)
    guard yaml_parser_parse(&parser, &event) == 1 else {
      let problem = parser.problem.map { String(cString: $0) } ?? "out of memory"
      // The library reads ahead, and has a bound of its own.
      if problem.hasPrefix("Maximum nesting level") { throw tooDeep }
      throw error(problem, at: Place(parser.problem_mark))
    }
  }

  var type: yaml_event_type_t { event.type }

  /// The anchor of the node, or the one that the alias names.
  var anchor: String? {
    switch event.type {
    case YAML_ALIAS_EVENT: Self.text(event.data.alias.anchor)
    case YAML_SCALAR_EVENT: Self.text(event.data.scalar.anchor)
    case YAML_SEQUENCE_START_EVENT: Self.text(event.data.sequence_start.anchor)
    case YAML_MAPPING_START_EVENT: Self.text(event.data.mapping_start.anchor)
    default: nil
    }
  }

  /// The tag as written; empty when there is none.
  var tag: String {
    switch event.type {
    case YAML_SCALAR_EVENT: Self.text(event.data.scalar.tag) ?? ""
    case YAML_SEQUENCE_START_EVENT: Self.text(event.data.sequence_start.tag) ?? ""
    case YAML_MAPPING_START_EVENT: Self.text(event.data.mapping_start.tag) ?? ""
    default: ""
    }
  }

  struct Scalar {
    var text: String
    var isQuoted: Bool
  }

  var scalar: Scalar {
    let scalar = event.data.scalar
    return Scalar(
      text: String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self),
      isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE
    )
  }

  /// Line and column, from 1.
  struct Place {
    var line: Int
    var column: Int

    init(_ mark: yaml_mark_t) {
      line = Int(mark.line) + 1
      column = Int(mark.column) + 1
    }
  }

  /// Where the current event starts.
  var place: Place { Place(event.start_mark) }

  var tooDeep: FunctionError { error("nested deeper than \(JSON.maxNesting) levels", code: .functionLimit) }

  func error(_ message: String, at place: Place? = nil, code: ErrorCode = .functionInput) -> FunctionError {
    let place = place ?? self.place
    return FunctionError(code, "the payload is not readable YAML at line \(place.line), column \(place.column): \(message)")
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }
}
