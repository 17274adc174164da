import RopewalkCore

/// Everything found wrong while one file is read, so that reading can go on after an error.
final class Findings {
  /// Further ones say little; the file is reported as having more.
  static let limit = 200

  private var found: [Diagnostic] = []
  private(set) var errorCount = 0
  /// Errors of references to what is not there or cannot be looked up: what stands around them is read all the same.
  private(set) var absenceCount = 0

  func error(at mark: SourceMark?, field: String = "", _ message: String, remedy: String = "", kind: ErrorCode.Kind = .invalid) {
    errorCount += 1
    guard errorCount <= Self.limit else { return }
    var diagnostic = Diagnostic(at: mark, field: field, message, remedy: remedy)
    diagnostic.kind = kind
    found.append(diagnostic)
  }

  func absence(at mark: SourceMark?, field: String, _ message: String, remedy: String = "") {
    absenceCount += 1
    error(at: mark, field: field, message, remedy: remedy)
  }

  /// Errors of the file itself.
  var ownErrorCount: Int { errorCount - absenceCount }

  func warning(at mark: SourceMark?, field: String = "", _ message: String, remedy: String = "") {
    guard found.count <= 2 * Self.limit else { return }
    found.append(Diagnostic(.warning, at: mark, field: field, message, remedy: remedy))
  }

  var hasErrors: Bool { errorCount > 0 }

  var warnings: [Diagnostic] { sorted.filter { $0.severity == .warning } }

  /// Errors and warnings in the order of the file.
  var sorted: [Diagnostic] {
    var all = found.enumerated().sorted { left, right in
      let (a, b) = (left.element.mark, right.element.mark)
      return (a?.line ?? 0, a?.column ?? 0, left.offset) < (b?.line ?? 0, b?.column ?? 0, right.offset)
    }.map(\.element)
    if errorCount > Self.limit {
      all.append(Diagnostic(at: all.last?.mark, "and \(errorCount - Self.limit) more errors"))
    }
    return all
  }
}
