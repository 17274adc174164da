import FoundationEssentials
import Glibc
public import Logging
import SwiftOverlayShims

/// Writes log lines to standard error as hclog does, the form in which go-plugin hosts take a plugin's log with its
/// levels and fields.
public struct HostLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level = .info
  private let label: String

  public init(label: String) {
    self.label = label
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
    if let own = event.metadata { fields.merge(own) { $1 } }
    var line: [String: LogField] = fields.mapValues(LogField.init)
    line["@message"] = .string("\(event.message)")
    line["@level"] = .string(Self.name(of: event.level))
    line["@module"] = .string(label)
    line["@timestamp"] = .string(Self.timestamp(Date()))
    guard var bytes = try? Array(JSONEncoder().encode(line)) else { return }
    bytes.append(UInt8(ascii: "\n"))
    // One call, so that lines of several threads do not mix.
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// With exactly six digits after the point, or Go does not take it.
  private static func timestamp(_ date: Date) -> String {
    let microseconds = Int((date.timeIntervalSince1970 * 1e6).rounded(.down))
    let fraction = String(1_000_000 + microseconds % 1_000_000).dropFirst()
    let second = Date(timeIntervalSince1970: Double(microseconds / 1_000_000)).formatted(.iso8601)
    return second.replacing("Z", with: ".\(fraction)Z")
  }

  private static func name(of level: Logger.Level) -> String {
    switch level {
    case .trace: "trace"
    case .debug: "debug"
    case .info, .notice: "info"
    case .warning: "warn"
    case .error, .critical: "error"
    }
  }
}
