import Foundation

/// The connectors of `Examples/connectors`, built.
enum ExampleConnectors {
  static let missing = "run scripts/build-connectors"

  static let areBuilt = ["go-webhook", "python-file"].allSatisfy { FileManager.default.isExecutableFile(atPath: program($0)) }

  /// Where `scripts/build-connectors` puts the program, with its `check.yaml` beside it.
  static func program(_ name: String) -> String {
    Project.root.appendingPathComponent(".build/connectors/\(name)/connector").path
  }
}
