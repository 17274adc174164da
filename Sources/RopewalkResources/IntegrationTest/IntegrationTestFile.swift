public import RopewalkCore

/// Reads the files of `ropewalk test`.
public enum IntegrationTestFile {
  /// The largest file that is read.
  public static let maxSize = ByteCount.mebibytes(1)
  /// The largest payload that a case takes from a file.
  public static let maxPayloadSize = ByteCount.mebibytes(64)
  /// The most cases in one file.
  public static let maxCases = 1000

  /// What a file declares.
  public struct Contents: Sendable {
    public var tests: [IntegrationTest] = []
    public var warnings: [Diagnostic] = []
  }

  /// Reads a file and the payload files it names.
  /// - Throws: everything that is wrong in it, warnings included.
  public static func read(path: String) throws(DiagnosticsError) -> Contents {
    let findings = Findings()
    guard let text = TextFile.read(path, limit: maxSize, findings: findings) else { throw DiagnosticsError(findings.sorted) }
    return try parse(text: text, file: path)
  }

  /// Reads the text of a file.
  /// - Parameter file: its path, for places in error messages and as what other paths are relative to.
  public static func parse(text: String, file: String) throws(DiagnosticsError) -> Contents {
    let findings = Findings()
    let documents = TextFile.documents(in: text, file: file, limit: maxSize, example: "a test", findings: findings)
    let reader = IntegrationTestReader(file: file)
    let tests = documents.compactMap { reader.read(YAMLField(node: $0, path: "", findings: findings)) }
    guard !findings.hasErrors else { throw DiagnosticsError(findings.sorted) }
    return Contents(tests: tests, warnings: findings.warnings)
  }
}
