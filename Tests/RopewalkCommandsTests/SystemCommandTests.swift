import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct SystemCommandTests {
  @Test(arguments: [
    ("bash", "complete -o filenames -F _ropewalk ropewalk"), ("zsh", "#compdef ropewalk"), ("fish", "complete -c 'ropewalk'"),
  ])
  func printsACompletionScript(shell: String, expected: String) async throws {
    try await Folder.with { folder in
      let script = try await Ropewalk.run("completion", shell, in: folder)
      #expect(script.exitCode == 0, "\(script.errors)")
      #expect(script.output.contains(expected))
      for command in ["dead-letters", "serve", "validate"] { #expect(script.output.contains(command), "\(command)") }
      if shell == "bash" {
        try folder.write("completion.bash", script.output)
        let checked = try await Ropewalk.run(["-n", "completion.bash"], of: "/bin/bash", in: folder)
        #expect(checked.exitCode == 0 && checked.errors.isEmpty, "\(checked.errors)")
      }
    }
  }

  @Test func noOtherShellHasOne() async throws {
    try await Folder.with { folder in
      let refused = try await Ropewalk.run("completion", "powershell", in: folder)
      #expect(refused.exitCode == 64 && refused.errors.contains("'bash', 'zsh' or 'fish'"), "\(refused.errors)")
    }
  }

  private func finding(_ subject: String, in report: JSON) throws -> JSON {
    try #require(report["findings"]?.array?.first { $0["subject"]?.string == subject }, "\(report)")
  }

  @Test func theVersionIsSaid() async throws {
    try await Folder.with { folder in
      let result = try await Ropewalk.run("--version", in: folder)
      #expect(result.exitCode == 0 && result.output == RopewalkVersion.current + "\n", "\(result.output)")
    }
  }

  @Test func doctorSaysWhatIsThere() async throws {
    try await Folder.with { folder in
      let result = try await Ropewalk.run("doctor", "--output", "json", in: folder)
      #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
      #expect(result.json["healthy"] == true)
      for subject in ["JavaScript engine", "esbuild", "WebAssembly", "data folder"] {
        let finding = try finding(subject, in: result.json)
        #expect(finding["verdict"] == "ok" && finding["remedy"] == "")
      }
      #expect(folder.exists(".ropewalk") && !folder.exists(".ropewalk/cache"))
      let sandbox = try finding("sandbox", in: result.json)
      if sandbox["verdict"] == "ok" {
        #expect(sandbox["detail"] == "connectors run in bubblewrap, with all their limits" && sandbox["remedy"] == "")
      } else {
        // It is in nothing's way, and something helps.
        #expect(sandbox["verdict"] == "warning" && sandbox["detail"] != "" && sandbox["remedy"] != "", "\(sandbox)")
      }
    }
  }

  @Test func doctorSaysThatAHomeIsPassedOver() async throws {
    try await Folder.with { folder in
      let result = try await Ropewalk.run("doctor", "--output", "json", environment: ["ROPEWALK_HOME": folder.path + "/none"], in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      let home = try finding("ROPEWALK_HOME", in: result.json)
      #expect(home["verdict"] == "warning" && home["detail"]?.string == "there is no folder \(folder.path)/none, so it is passed over")
    }
  }

  @Test func doctorNamesTheFolderThatCannotBeUsed() async throws {
    try await Folder.with { folder in
      try folder.write("file", "no folder")
      let result = try await Ropewalk.run("doctor", "--data-dir", "file/data", "--secrets", "nowhere", "--output", "json", in: folder)
      #expect(result.exitCode == 69, "\(result.errors)")
      #expect(try finding("data folder", in: result.json)["verdict"] == "missing")
      #expect(try finding("secrets", in: result.json)["detail"] == "the folder of secrets nowhere does not exist")
      #expect(try finding("WebAssembly", in: result.json)["verdict"] == "ok")
    }
  }

  /// The program alone, away from the clone and with an empty `PATH`.
  @Test func doctorNamesWhatIsMissingAndTheRemedy() async throws {
    try await Folder.with { folder in
      try folder.write("bin/readme", "")
      let program = folder.path + "/bin/ropewalk"
      try FileManager.default.copyItem(atPath: Ropewalk.binary, toPath: program)
      let environment = ["PATH": folder.path + "/empty", "ROPEWALK_HOME": ""]
      let result = try await Ropewalk.run(["doctor", "--output", "json"], of: program, environment: environment, in: folder)
      #expect(result.exitCode == 69, "\(result.errors)")
      #expect(result.json["healthy"] == false)
      for (subject, name) in [("JavaScript engine", "javascript.wasm"), ("esbuild", "esbuild")] {
        let finding = try finding(subject, in: result.json)
        #expect(finding["verdict"] == "missing")
        let remedy = try #require(finding["remedy"]?.string)
        #expect(remedy.hasPrefix("'\(name)' was not found in ") && remedy.contains("run scripts/bootstrap, or set ROPEWALK_HOME"))
      }
      let text = try await Ropewalk.run(["doctor"], of: program, environment: environment, in: folder)
      #expect(text.exitCode == 69 && text.output.contains("MISSING  esbuild: TypeScript cannot be bundled\n"), "\(text.output)")
    }
  }
}
