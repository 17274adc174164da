import RopewalkCore
import Synchronization

/// The script that the JavaScript engine runs for a step, and the way from a place in it to the user's own file.
final class GuestScript: Sendable {
  /// What stack traces call the script.
  let name: String
  let bundle: ScriptBundle
  private let source: ScriptSource
  /// Decoded when the first error asks for it.
  private let map = Mutex<SourceMap?>(nil)

  init(_ bundle: ScriptBundle, source: ScriptSource, stepName: String) {
    self.name = "\(stepName).js"
    self.bundle = bundle
    self.source = source
  }

  /// The place in the user's source; nil for what the bundler added behind it.
  ///
  /// What the engine knows no place for it puts where its function begins. That of a script's top level begins in front of
  /// the script, in what ``ModuleWrapper`` added there: it stands for the script's first line.
  func mark(line: Int, column: Int) -> SourceMark? {
    let place = map.withLock { map in
      if map == nil { map = try? SourceMap(bundle.sourceMap) }
      return line <= ModuleWrapper.addedLines ? map?.start : map?.place(line: line, column: column)
    }
    return place.map { source.mark(source: $0.source, line: $0.line, column: $0.column) }
  }
}
