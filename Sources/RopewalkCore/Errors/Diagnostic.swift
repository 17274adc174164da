/// A place in a text file. Lines and columns count from 1; columns count Unicode scalars.
public struct SourceMark: Sendable, Hashable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  public var description: String { "\(file):\(line):\(column)" }
}

/// One thing found wrong in what a user wrote: the place, the field, what is wrong, and the remedy.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
  public enum Severity: String, Sendable { case error, warning }

  public var severity: Severity
  public var mark: SourceMark?
  /// The field, such as `spec.steps[0].converter.config.timeout`; empty when the whole file is meant.
  public var field: String
  public var message: String
  /// What to do about it; empty when the message already says so.
  public var remedy: String

  public init(_ severity: Severity = .error, at mark: SourceMark? = nil, field: String = "", _ message: String, remedy: String = "") {
    self.severity = severity
    self.mark = mark
    self.field = field
    self.message = message
    self.remedy = remedy
  }

  /// `file:line:column: error: field: message; remedy`, the form that editors recognise.
  public var description: String {
    (mark.map { "\($0): " } ?? "") + "\(severity.rawValue): " + (field.isEmpty ? "" : "\(field): ") + message
      + (remedy.isEmpty ? "" : "; \(remedy)")
  }
}

/// Everything found wrong at once.
public struct DiagnosticsError: Error, Sendable, CustomStringConvertible {
  public var diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }

  public var description: String {
    diagnostics.map(\.description).joined(separator: "\n")
  }
}
