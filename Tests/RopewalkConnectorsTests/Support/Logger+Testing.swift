import Logging

extension Logger {
  /// Says nothing.
  static let testing = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
