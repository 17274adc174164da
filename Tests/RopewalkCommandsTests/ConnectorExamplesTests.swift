import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// `plugin check` on the examples in each language, and on the template in Swift, which is too slow to build from nothing.
@Suite(.takesTurns) struct ConnectorExamplesTests {
  @Test(.enabled(if: ExampleConnectors.areBuilt, Comment(rawValue: ExampleConnectors.missing)))
  func theOneInGoKeepsTheContract() async throws {
    // It only receives.
    try await expectTheContract(ExampleConnectors.program("go-webhook"), leavingOut: ["send", "concurrent", "large", "cancel"])
  }

  @Test(.enabled(if: ExampleConnectors.areBuilt, Comment(rawValue: ExampleConnectors.missing)))
  func theOneInPythonKeepsTheContract() async throws {
    try await expectTheContract(ExampleConnectors.program("python-file"))
  }

  @Test func theOneInSwiftKeepsTheContract() async throws {
    let settings = Project.root.appendingPathComponent("Examples/connectors/swift-tcp-lines/check.yaml").path
    try await expectTheContract(Self.product("swift-tcp-lines"), "--config", settings)
  }

  @Test func aNewOneInSwiftIsTheTemplateWhichKeepsTheContract() async throws {
    try await Folder.with { folder in
      let made = try await Ropewalk.run("plugin", "new", "my-lines", "--kind", "connector", "--language", "swift", in: folder)
      #expect(made.exitCode == 0, "\(made.errors)")
      for source in ["Connector.swift", "Lines.swift"] {
        let template = try Project.file("SDKs/connector-templates/swift/Sources/\(source)")
        #expect(
          folder.lines(of: "my-lines/Sources/\(source)").joined()
            == template.replacing("{{name}}", with: "my-lines").split(separator: "\n").joined()
        )
      }
      let package = folder.lines(of: "my-lines/Package.swift").joined()
      #expect(package.contains(#"path: "\#(Project.root.path)""#) && !package.contains("{{"), "\(package)")
      let settings = folder.lines(of: "my-lines/check.yaml").map { $0 == "type: my-lines" ? #"type: "{{name}}""# : $0 }
      try await expectTheContract(
        Self.product("connector-template"),
        "--config",
        try folder.write("check.yaml", settings.joined(separator: "\n"))
      )
    }
  }

  private static func product(_ name: String) -> String {
    URL(fileURLWithPath: Ropewalk.binary).deletingLastPathComponent().appendingPathComponent(name).path
  }

  private func expectTheContract(_ program: String, _ options: String..., leavingOut omitted: [String] = []) async throws {
    try await Folder.with { folder in
      let checked = try await Ropewalk.run(["plugin", "check", program, "--output", "json"] + options, in: folder)
      #expect(checked.exitCode == 0, "\(checked.output)\(checked.errors)")
      let checks = checked.json["checks"]?.array ?? []
      let others = checks.filter { $0["outcome"] != "passed" }.map { $0["name"]?.string ?? "" }
      #expect(!checks.isEmpty && others == omitted, "\(checked.output)")
    }
  }
}
