import RopewalkCore

/// The YAML files that users write.
enum TextFile {
  /// The text of a file; nil after reporting why there is none.
  static func read(_ path: String, limit: ByteCount, findings: Findings) -> String? {
    let start = SourceMark(file: path, line: 1, column: 1)
    do throws(FileProblem) {
      let bytes = try FileContents(ofFile: path, limit: limit).bytes
      if let text = String(validating: bytes, as: UTF8.self) { return text }
      findings.error(at: markOfInvalidUTF8(in: bytes, file: path), "the file is not UTF-8 text", remedy: "save it as UTF-8")
    } catch {
      let kind: ErrorCode.Kind = error.kind == .absent ? .notFound : .invalid
      findings.error(at: start, "the file \(error)", remedy: remedy(for: error.kind), kind: kind)
    }
    return nil
  }

  /// The documents of a text; reports a text that is too large or has none.
  static func documents(in text: String, file: String, limit: ByteCount, example: String, findings: Findings) -> [YAMLNode] {
    let start = SourceMark(file: file, line: 1, column: 1)
    guard text.utf8.count <= limit.bytes else {
      findings.error(at: start, "the file is larger than \(limit)", remedy: remedy(for: .tooLarge))
      return []
    }
    let documents = YAMLComposer.documents(in: text, file: file, findings: findings)
    if documents.isEmpty, !findings.hasErrors {
      findings.error(at: start, "the file is empty", remedy: "write \(example) into it")
    }
    return documents
  }

  private static func remedy(for kind: FileProblem.Kind) -> String {
    switch kind {
    case .absent: "check the path"
    case .notAFile: "name a file"
    case .unreadable: "check its permissions"
    case .tooLarge: "split it up"
    }
  }

  private static func markOfInvalidUTF8(in bytes: [UInt8], file: String) -> SourceMark {
    var mark = SourceMark(file: file, line: 1, column: 1)
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if scalar == "\n" {
        mark.line += 1
        mark.column = 1
      } else {
        mark.column += 1
      }
    }
    return mark
  }
}
