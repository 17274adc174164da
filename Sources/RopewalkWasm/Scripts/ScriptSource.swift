import RopewalkCore
import SystemPackage

/// A script as the user wrote it: a file, or text within the integration's file.
struct ScriptSource: Sendable {
  enum Text: Sendable, Equatable {
    case file(FilePath)
    /// `name` stands for it where a file's name would.
    case inline(String, name: String, at: SourceMark?)
  }

  var text: Text
  /// The folder that imports may not leave, without links.
  var root: FilePath
  /// The same folder as the user wrote it, which places are shown with.
  var shownRoot: FilePath
  /// Where the script is named in the integration's file.
  var mark: SourceMark?
  var field: String

  /// - Throws: ``DiagnosticsError`` when the file is not there.
  init(_ step: WasmStep) throws(DiagnosticsError) {
    self.mark = step.mark
    self.field = step.field
    let folder = FilePath(step.folder.isEmpty ? "." : step.folder)
    switch step.logic {
    case .inline(let text, let mark):
      let file = mark.flatMap { FilePath($0.file).lastComponent?.string } ?? step.integrationID
      self.text = .inline(text, name: "\(file)#\(step.name)", at: mark)
      self.root = folder.resolved ?? folder
      self.shownRoot = folder
    case .file(let name):
      let path = FilePath(name)
      guard let resolved = path.resolved else {
        throw DiagnosticsError([
          Diagnostic(
            at: step.mark,
            field: step.field,
            "'\(name)' does not exist",
            remedy: "check the path; it counts from the integration's file"
          )
        ])
      }
      let integrationRoot = folder.resolved
      if let integrationRoot, resolved.starts(with: integrationRoot) {
        self.root = integrationRoot
        self.shownRoot = folder
      } else {
        self.root = resolved.removingLastComponent()
        self.shownRoot = path.removingLastComponent()
      }
      self.text = .file(resolved)
    }
  }

  /// The place to show for a place in a source of the bundle.
  /// - Parameter source: the file's path from the root, or the inline script's name.
  func mark(source: String, line: Int, column: Int) -> SourceMark {
    if case .inline(_, source, let mark) = text {
      guard let mark else { return SourceMark(file: source, line: line, column: column) }
      return SourceMark(file: mark.file, line: mark.line + line - 1, column: mark.column + column - 1)
    }
    return SourceMark(file: shown(source), line: line, column: column)
  }

  /// A path from the root as the user would write it.
  func shown(_ source: String) -> String {
    shownRoot == "." ? source : shownRoot.appending(source).string
  }
}
