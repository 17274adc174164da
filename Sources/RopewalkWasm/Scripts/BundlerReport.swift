import RopewalkCore
import SystemPackage

/// Says what esbuild found, in terms of the user's own files.
struct BundlerReport {
  let source: ScriptSource

  /// What esbuild wrote about errors, as diagnostics; as they stand where they are not understood.
  /// - Throws: `RopewalkError` when none of it is.
  func diagnostics(_ output: String) throws(RopewalkError) -> [Diagnostic] {
    let messages = EsbuildMessage.errors(in: output)
    guard !messages.isEmpty else {
      throw RopewalkError(.bundlerFailed, "esbuild failed: \(output.prefix(1000))", place: source.mark)
    }
    return messages.map(diagnostic)
  }

  private func diagnostic(_ message: EsbuildMessage) -> Diagnostic {
    let (text, remedy) = words(message)
    if let file = message.file, !isInside(file) {
      return Diagnostic(
        at: source.mark,
        field: source.field,
        "an import leads outside the integration's folder",
        remedy: Self.remedyForStray
      )
    }
    guard let file = message.file, let line = message.line, let column = message.column else {
      return Diagnostic(at: source.mark, field: source.field, text, remedy: remedy)
    }
    let scalarColumn = scalarColumn(file: file, line: line, byteColumn: column)
    let excerpt = remedy.isEmpty ? excerpt(file: file, line: line, column: scalarColumn) : ""
    return Diagnostic(
      at: source.mark(source: file, line: line, column: scalarColumn + 1),
      field: source.field,
      excerpt.isEmpty ? text : "\(text) in '\(excerpt)'",
      remedy: remedy
    )
  }

  /// The line of an error as it is written; of a long one what stands around the place. Empty where the file is no script.
  private func excerpt(file: String, line: Int, column: Int) -> String {
    guard isScript(file), case let lines = lines(of: file), lines.indices.contains(line - 1) else { return "" }
    let scalars = Array(lines[line - 1].unicodeScalars)
    let start = max(0, column - Self.excerptReach)
    let end = min(scalars.count, column + Self.excerptReach)
    guard start < end else { return "" }
    let words = scalars[start..<end].split { $0.value <= 0x20 || $0.value == 0x7F }.map { String(String.UnicodeScalarView($0)) }
    return (start > 0 ? "…" : "") + words.joined(separator: " ") + (end < scalars.count ? "…" : "")
  }

  /// Characters that are shown of a line on either side of an error.
  private static let excerptReach = 60

  private func isScript(_ file: String) -> Bool {
    if case .inline(_, file, _) = source.text { return true }
    return ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"].contains(FilePath(file).extension) && isInside(file)
  }

  /// Whether it is a file of the script's own root: what is in another is not to be told.
  private func isInside(_ file: String) -> Bool {
    if case .inline(_, file, _) = source.text { return true }
    return source.root.appending(file).resolved?.starts(with: source.root) ?? false
  }

  private func words(_ message: EsbuildMessage) -> (text: String, remedy: String) {
    guard let name = message.text.quoted(after: "Could not resolve ") else { return (message.text, "") }
    if message.notes.contains(where: { $0.contains("built into node") }) {
      return (
        "'\(name)' is part of Node.js, and a step runs in a sandbox without it",
        "use the globals of ropewalk.d.ts, such as ropewalk.httpCall, with the capability they need"
      )
    }
    return Self.wordsForUnresolved(name)
  }

  /// Inputs and imports that lie outside the script's root or are no files at all.
  /// - Parameter kept: what the bundle imports. Other imports that esbuild calls external it has dropped, because nothing but
  ///   types was used of them.
  func strays(_ inputs: [JSONObject.Member], kept: Set<String>) -> [Diagnostic] {
    inputs.flatMap { input in
      (input.value["imports"]?.array ?? []).compactMap { entry -> Diagnostic? in
        let path = entry["path"]?.string ?? ""
        let isExternal = entry["external"]?.bool ?? false
        guard !isExternal || kept.contains(path) else { return nil }
        guard isExternal || FilePath(path).isOutside else { return nil }
        // A file outside reports nothing of its own: the import that led there is the one to see.
        guard !FilePath(input.key).isOutside else { return nil }
        let written = entry["original"]?.string ?? path
        return stray(written, in: input.key, isExternal ? "is not a local file" : "lies outside the integration's folder")
      }
    } + entryOutside(inputs)
  }

  /// An import that a script may not have.
  /// - Parameter file: where it stands, from the root.
  func stray(_ written: String, in file: String, _ what: String) -> Diagnostic {
    Diagnostic(at: place(of: written, in: file), field: source.field, "'\(written)' \(what)", remedy: Self.remedyForStray)
  }

  /// An import that leads nowhere.
  func unresolved(_ written: String, in file: String) -> Diagnostic {
    let (text, remedy) = Self.wordsForUnresolved(written)
    return Diagnostic(at: place(of: written, in: file), field: source.field, text, remedy: remedy)
  }

  private static func wordsForUnresolved(_ name: String) -> (text: String, remedy: String) {
    if name.hasPrefix(".") || name.hasPrefix("/") { return ("cannot find '\(name)'", "an import counts from the file that it stands in") }
    return (
      "cannot find the package '\(name)'",
      "a step bundles local files only: put what it needs beside the integration and import it by its relative path"
    )
  }

  private static let remedyForStray = "put it beside the integration and import it by its relative path"

  private func entryOutside(_ inputs: [JSONObject.Member]) -> [Diagnostic] {
    inputs.isEmpty
      ? [Diagnostic(at: source.mark, field: source.field, "the script is empty", remedy: "export a function named 'process'")] : []
  }

  /// Where a file names an import, found by its quotes; the file's start when it is not found.
  private func place(of written: String, in file: String) -> SourceMark {
    for (index, line) in lines(of: file).enumerated() {
      for quote in ["\"", "'", "`"] {
        guard let column = line.scalarOffset(of: quote + written + quote) else { continue }
        return source.mark(source: file, line: index + 1, column: column + 1)
      }
    }
    return source.mark(source: file, line: 1, column: 1)
  }

  /// esbuild counts bytes; people count characters.
  private func scalarColumn(file: String, line: Int, byteColumn: Int) -> Int {
    let lines = lines(of: file)
    guard line >= 1, line <= lines.count else { return byteColumn }
    let text = lines[line - 1]
    guard let index = text.utf8.index(text.startIndex, offsetBy: byteColumn, limitedBy: text.endIndex) else { return byteColumn }
    return text.unicodeScalars.distance(from: text.startIndex, to: index)
  }

  private func lines(of file: String) -> [Substring] {
    if case .inline(let text, file, _) = source.text { return text.scriptLines }
    let bytes = try? source.root.appending(file).contents(limit: .mebibytes(16))
    return String(decoding: bytes ?? [], as: UTF8.self).scriptLines
  }
}

extension FilePath {
  /// Whether a path that counts from a root leaves it.
  fileprivate var isOutside: Bool { isAbsolute || components.first == ".." }
}

extension String {
  /// The lines as JavaScript counts them.
  var scriptLines: [Substring] {
    split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" || $0 == "\u{2028}" || $0 == "\u{2029}" }
  }

  /// `name` of `prefix "name"`.
  fileprivate func quoted(after prefix: String) -> String? {
    guard hasPrefix(prefix), count > prefix.count + 2 else { return nil }
    return String(dropFirst(prefix.count + 1).dropLast())
  }
}

extension Substring {
  fileprivate func scalarOffset(of text: String) -> Int? {
    var rest = self
    while !rest.isEmpty {
      if rest.hasPrefix(text) { return unicodeScalars.distance(from: startIndex, to: rest.startIndex) }
      rest = rest.dropFirst()
    }
    return nil
  }
}
