package import Logging
import RopewalkCore

/// Log lines on standard error, for people or as JSON. Resolved secrets are replaced before a line is written.
package struct StandardErrorLogHandler: LogHandler {
  package enum Format: String, Sendable, CaseIterable { case text, json }

  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  private let label: String
  private let format: Format
  private let redaction: LogRedaction

  package init(label: String, level: Logger.Level, format: Format, redaction: LogRedaction) {
    self.label = label
    self.logLevel = level
    self.format = format
    self.redaction = redaction
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let merged = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let line =
      switch format {
      case .text: textLine(event, merged)
      case .json: jsonLine(event, merged)
      }
    StandardStream.error.write(redaction.redact(line) + "\n")
  }

  private func textLine(_ event: LogEvent, _ metadata: [(key: String, value: Logger.Metadata.Value)]) -> String {
    let pairs = metadata.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
    let level = event.level.rawValue
    return "\(Timestamp.now) \(level)\(String(repeating: " ", count: 8 - level.count)) \(event.message)\(pairs)"
  }

  private func jsonLine(_ event: LogEvent, _ metadata: [(key: String, value: Logger.Metadata.Value)]) -> String {
    var object = JSONObject()
    object.append(key: "time", value: .string("\(Timestamp.now)"))
    object.append(key: "level", value: .string(event.level.rawValue))
    object.append(key: "logger", value: .string(label))
    object.append(key: "message", value: .string("\(event.message)"))
    for (key, value) in metadata { object.append(key: key, value: .string("\(value)")) }
    return JSON.object(object).text()
  }

  /// Values with spaces or quotes are quoted so that a line can be split again.
  private static func quoted(_ text: String) -> String {
    text.contains { $0.isWhitespace || $0 == "\"" } || text.isEmpty ? JSON.string(text).text() : text
  }
}
