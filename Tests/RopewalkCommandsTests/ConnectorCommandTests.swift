import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// `plugin new`, `build`, `check` and `bench` for connectors, with what `scripts/bootstrap --connectors` installs.
@Suite(
  .takesTurns,
  .enabled(
    if: FileManager.default.fileExists(atPath: "/usr/share/gocode/src/github.com/hashicorp/go-plugin"),
    "run scripts/bootstrap --connectors"
  )
)
struct ConnectorCommandTests {
  @Test(arguments: ["go", "python"])
  func aNewConnectorBuildsAndKeepsTheContract(language: String) async throws {
    try await Folder.with { folder in
      let made = try await Ropewalk.run("plugin", "new", "my-lines", "--kind", "connector", "--language", language, in: folder)
      #expect(made.exitCode == 0, "\(made.errors)")
      let built = try await Ropewalk.run("plugin", "build", "my-lines", in: folder)
      #expect(built.exitCode == 0, "\(built.errors)")
      let checked = try await Ropewalk.run("plugin", "check", "my-lines", "--output", "json", in: folder)
      #expect(checked.exitCode == 0, "\(checked.output)\(checked.errors)")
      let report = try JSON.parse(checked.output)
      #expect(report["passed"] == true)
      #expect(report["checks"]?.array?.allSatisfy { $0["outcome"] == "passed" } == true, "\(checked.output)")
      let measured = try await Ropewalk.run("plugin", "bench", "my-lines", "--seconds", "1", "--output", "json", in: folder)
      #expect(measured.exitCode == 0, "\(measured.errors)")
      #expect(try JSON.parse(measured.output)["loads"]?.array?.count == 4)
    }
  }

  @Test func aProgramThatIsNoConnectorFails() async throws {
    try await Folder.with { folder in
      try folder.write("connector", "#!/bin/sh\necho starting, please wait\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/connector")
      let checked = try await Ropewalk.run("plugin", "check", "./connector", in: folder)
      #expect(checked.exitCode == 76)
      #expect(checked.output.contains("please wait"), "\(checked.output)\(checked.errors)")
    }
  }

  @Test func refusesLanguagesThatAConnectorIsNotWrittenIn() async throws {
    try await Folder.with { folder in
      let refused = try await Ropewalk.run("plugin", "new", "x", "--kind", "connector", "--language", "rust", in: folder)
      #expect(refused.exitCode == 64)
      #expect(refused.errors.contains("swift, go, python"), "\(refused.errors)")
    }
  }
}
