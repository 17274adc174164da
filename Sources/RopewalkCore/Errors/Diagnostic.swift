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
  /// How a command ends that fails because of it alone.
  public var kind = ErrorCode.Kind.invalid

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

  /// That of its errors where it is the same for all; otherwise what was written is not valid.
  public var kind: ErrorCode.Kind {
    let kinds = Set(diagnostics.filter { $0.severity == .error }.map(\.kind))
    return kinds.count == 1 ? kinds.first ?? .invalid : .invalid
  }

  /// The same with further ones: files in the order in which they come up, places in the order of their file.
  public func adding(_ further: [Diagnostic]) -> DiagnosticsError {
    let all = diagnostics + further
    var files: [String: Int] = [:]
    for file in all.compactMap(\.mark?.file) where files[file] == nil { files[file] = files.count }
    let order = { (diagnostic: Diagnostic) in
      let mark = diagnostic.mark
      return (mark.flatMap { files[$0.file] } ?? files.count, mark?.line ?? 0, mark?.column ?? 0)
    }
    // Stable, so that what is said of one place stays in its order.
    return DiagnosticsError(all.sorted { order($0) < order($1) })
  }
}
