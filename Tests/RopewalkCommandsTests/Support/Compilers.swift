import Foundation

/// What plugins are built with. `scripts/check-complete` fails where something of it is missing.
enum Compilers {
  /// The languages that can be built here: all of them after `scripts/bootstrap --guests`, those that need neither Rust nor Go
  /// after `scripts/bootstrap`.
  static let languages = ["typescript", "javascript", "swift", "c", "rust", "go"].filter(canBuild)
  static let controllerLanguages = languages.filter { $0 != "c" }

  private static func canBuild(_ language: String) -> Bool {
    switch language {
    case "rust": finds("rustc_for_wasm")
    case "go": finds("go_for_wasm")
    case "swift", "c": finds("require_wasi && wasm_builtins")
    default: FileManager.default.fileExists(atPath: Project.root.appendingPathComponent(".deps/guests/javascript.wasm").path)
    }
  }

  /// Whether the build scripts find it.
  private static func finds(_ compiler: String) -> Bool {
    let search = Process()
    search.executableURL = URL(fileURLWithPath: "/bin/bash")
    search.arguments = ["-c", ". Guests/build/toolchain.sh && \(compiler)"]
    search.currentDirectoryURL = Project.root
    search.standardOutput = FileHandle.nullDevice
    search.standardError = FileHandle.nullDevice
    do { try search.run() } catch { return false }
    search.waitUntilExit()
    return search.terminationStatus == 0
  }
}
