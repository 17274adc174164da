import Foundation

/// Real files that lie beside the package where they are at hand.
enum SharedData {
  /// Nil, with a message, where they are not.
  static func path(_ name: String) -> String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/data/\(name)")
    guard FileManager.default.fileExists(atPath: root.path) else {
      print("skipped: \(name) is not beside the package")
      return nil
    }
    return root.standardizedFileURL.path
  }
}
