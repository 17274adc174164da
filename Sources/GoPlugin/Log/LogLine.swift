import FoundationEssentials
import Logging

/// A line that a plugin wrote to standard error: a structured one of hclog's, as go-plugin's plugins write them, or
/// plain text.
struct LogLine: Sendable {
  var level: Logger.Level
  var message: String
  var metadata: Logger.Metadata

  private static let levels: [String: Logger.Level] = [
    "trace": .trace, "debug": .debug, "info": .info, "warn": .warning, "warning": .warning, "error": .error,
  ]

  private static let prefixes: [(String, Logger.Level)] = [
    ("[TRACE]", .trace), ("[DEBUG]", .debug), ("[INFO]", .info), ("[WARN]", .warning), ("[ERROR]", .error),
    // Go's own last words, which are no log line.
    ("panic:", .error), ("fatal error:", .error),
  ]

  /// A plain line without a level in front of it is at debug, as in Go's host.
  init(_ line: LineSplitter.Line) {
    if let structured = Self(structured: line) {
      self = structured
      return
    }
    message = String(decoding: line.bytes, as: UTF8.self)
    let text = message
    level = Self.prefixes.first { text.hasPrefix($0.0) }?.1 ?? .debug
    metadata = line.omitted == 0 ? [:] : ["omitted": "\(line.omitted)"]
  }

  /// What came before the cut, where the line was cut.
  private init?(structured line: LineSplitter.Line) {
    guard line.bytes.first == UInt8(ascii: "{"), let fields = Self.fields(of: line), case .string(let text)? = fields["@message"]
    else { return nil }
    message = text
    level = .debug
    if case .string(let name)? = fields["@level"] { level = Self.levels[name.lowercased()] ?? .debug }
    metadata = [:]
    for (key, field) in fields where key != "@message" && key != "@level" && key != "@timestamp" {
      metadata[key == "@module" ? "module" : key] = field.metadata
    }
    if line.omitted > 0 { metadata["omitted"] = "\(line.omitted)" }
  }

  private static func fields(of line: LineSplitter.Line) -> [String: LogField]? {
    for object in line.omitted == 0 ? [line.bytes] : CutObject(line.bytes).closings {
      if let fields = try? JSONDecoder().decode([String: LogField].self, from: Data(object)) { return fields }
    }
    return nil
  }
}
