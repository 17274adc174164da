import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct PluginCommandTests {
  @Test(.enabled(if: !Compilers.languages.isEmpty, "run scripts/bootstrap"), arguments: Compilers.languages, ["filter", "converter"])
  func startsBuildsInspectsTestsAndMeasuresAPlugin(language: String, kind: String) async throws {
    try await Folder.with { folder in
      let made = try await Ropewalk.run("plugin", "new", "big-orders", "--language", language, "--kind", kind, in: folder)
      #expect(made.exitCode == 0, "\(made.errors)")
      #expect(folder.exists("big-orders/ropewalk-plugin.yaml"))
      let built = try await Ropewalk.run("plugin", "build", "big-orders", in: folder)
      #expect(built.exitCode == 0, "\(built.errors)")
      let inspected = try await Ropewalk.run("plugin", "inspect", "big-orders", "--output", "json", in: folder)
      #expect(inspected.exitCode == 0, "\(inspected.errors)")
      #expect(
        try JSON.parse(inspected.output)["runtime"]?.string == (["typescript", "javascript"].contains(language) ? "javascript" : "wasm")
      )
      let tested = try await Ropewalk.run("test", "big-orders/test.yaml", in: folder)
      #expect(tested.exitCode == 0, "\(tested.output)\(tested.errors)")
      let measured = try await Ropewalk.run("plugin", "bench", "big-orders", "--count", "100", "--output", "json", in: folder)
      #expect(measured.exitCode == 0, "\(measured.errors)")
      #expect(try JSON.parse(measured.output)["messages"] == 100)
    }
  }

  @Test(
    .enabled(if: !Compilers.controllerLanguages.isEmpty, "run scripts/bootstrap"),
    .enabled(if: ControlPlane.hasKubectl, ControlPlane.noKubectl),
    arguments: Compilers.controllerLanguages
  )
  func startsBuildsInspectsAndServesAController(language: String) async throws {
    try await Folder.with { folder in
      let made = try await Ropewalk.run("plugin", "new", "greeter", "--language", language, "--kind", "controller", in: folder)
      #expect(made.exitCode == 0, "\(made.errors)")
      let built = try await Ropewalk.run("plugin", "build", "greeter", in: folder)
      #expect(built.exitCode == 0, "\(built.errors)")
      let inspected = try await Ropewalk.run("plugin", "inspect", "greeter", "--output", "json", in: folder)
      #expect(inspected.exitCode == 0, "\(inspected.errors)")
      let found = try JSON.parse(inspected.output)
      #expect(found["name"] == "greeter" && found["version"] == "0.1.0")
      #expect(found["kinds"] == ["example.com/v1.Greeting"] && found["capabilities"] == ["reconcile", "status_update"])
      #expect(try await Ropewalk.run("plugin", "bench", "greeter", in: folder).errors.contains("is a controller"))
      // The kind and the role are there when the controller is found, so that it need not wait for them.
      let declared = ["greeter/kind.yaml", "greeter/role.yaml"]
      try await ControlPlane.serving(declared, options: ["--plugins", "greeter"], in: folder) { plane in
        try await plane.kubectl("apply", "-f", "greeter/object.yaml")
        try await plane.kubectl("wait", "greeting/world", "--for=jsonpath={.status.message}=Hello, world!", "--timeout=120s")
        // A change is looked at too, and what is gone does no harm.
        let patch = #"{"spec": {"to": "moon"}}"#
        try await plane.kubectl("patch", "greeting", "world", "--type=merge", "--patch", patch)
        try await plane.kubectl("wait", "greeting/world", "--for=jsonpath={.status.message}=Hello, moon!", "--timeout=120s")
        try await plane.kubectl("delete", "greeting", "world")
        try await plane.waitForController("greeter")
        #expect(!plane.log(contains: "cannot be loaded") && !plane.log(contains: "A reconciliation failed"))
      }
    }
  }

  @Test func aControllerIsNotWrittenInC() async throws {
    try await Folder.with { folder in
      let refused = try await Ropewalk.run("plugin", "new", "greeter", "--language", "c", "--kind", "controller", in: folder)
      #expect(refused.exitCode == 64 && refused.errors.contains("choose one of typescript"))
    }
  }

  @Test func refusesToOverwriteAndBadNames() async throws {
    try await Folder.with { folder in
      try folder.write("taken/file", "")
      #expect(try await Ropewalk.run("plugin", "new", "taken", in: folder).exitCode == 73)
      let bad = try await Ropewalk.run("plugin", "new", "Bad_Name", in: folder)
      #expect(bad.exitCode == 64)
      #expect(bad.errors.contains("small letters"))
    }
  }

  /// The program alone, with a home that lacks something of the project.
  @Test func aProjectIsMadeWholeOrNotAtAll() async throws {
    try await Folder.with { folder in
      try folder.write("bin/readme", "")
      let program = folder.path + "/bin/ropewalk"
      try FileManager.default.copyItem(atPath: Ropewalk.binary, toPath: program)
      try folder.write("home/templates/typescript/src/process.ts", "export const process = () => true;\n")
      try folder.write("work/readme", "")
      func make(_ language: String) async throws -> Ropewalk.Result {
        let arguments = ["plugin", "new", "orders", "--language", language, "--directory", "work"]
        return try await Ropewalk.run(arguments, of: program, environment: ["ROPEWALK_HOME": folder.path + "/home"], in: folder)
      }
      for (language, words) in [
        ("typescript", "'ropewalk.d.ts' was not found in "), ("go", "there is no starting project in \(folder.path)/home/templates/go;"),
      ] {
        let refused = try await make(language)
        #expect(refused.exitCode == 66 && refused.errors.contains(words), "\(refused.errors)")
        #expect(folder.files(in: "work") == ["readme"])
      }
      try folder.write("home/ropewalk.d.ts", "")
      let made = try await make("typescript")
      #expect(made.exitCode == 0, "\(made.errors)")
      #expect(
        folder.files(in: "work") == ["orders", "orders/ropewalk.d.ts", "orders/src", "orders/src/process.ts", "readme"]
      )
    }
  }

  @Test(arguments: ["inspect", "bench"])
  func saysThatAProjectIsNotBuilt(command: String) async throws {
    try await Folder.with { folder in
      #expect(try await Ropewalk.run("plugin", "new", "new-one", "--language", "c", in: folder).exitCode == 0)
      let refused = try await Ropewalk.run("plugin", command, "new-one", in: folder)
      #expect(refused.exitCode == 66)
      #expect(refused.errors.contains("new-one has not been built"))
      #expect(refused.errors.contains("run 'ropewalk plugin build new-one' [plugin.not-built]"))
    }
  }

  @Test func saysThatACompilerFailed() async throws {
    try await Folder.with { folder in
      #expect(try await Ropewalk.run("plugin", "new", "broken", "--language", "c", in: folder).exitCode == 0)
      let source = try #require(folder.files(in: "broken").first { $0.hasSuffix(".c") })
      try folder.write("broken/" + source, "int process( {")
      let built = try await Ropewalk.run("plugin", "build", "broken", in: folder)
      #expect(built.exitCode == 65)
      #expect(built.errors.contains(URL(fileURLWithPath: source).lastPathComponent + ":1:"), "\(built.errors)")
    }
  }

  /// What is wrong in the third line of a language's source.
  private static let mistakes = [
    "typescript": "\n\nexport const process = (message) => message +;\n",
    "javascript": "\n\nexport const process = (message) => message +;\n",
    "swift": "\n\nlet oops: Int = \"text\"\n", "c": "\n\nint oops = nowhere;\n", "rust": "\n\npub fn oops() -> i32 { \"text\" }\n",
    "go": "package main\n\nvar oops int = \"text\"\n",
  ]

  @Test(.enabled(if: !Compilers.languages.isEmpty, "run scripts/bootstrap"), arguments: Compilers.languages)
  func namesTheWrongLineFromWhereItStands(language: String) async throws {
    try await Folder.with { folder in
      #expect(try await Ropewalk.run("plugin", "new", "broken", "--language", language, in: folder).exitCode == 0)
      let source = try #require(folder.files(in: "broken/src").first { !$0.hasSuffix(".mod") })
      try folder.write("broken/src/" + source, try #require(Self.mistakes[language]))
      let built = try await Ropewalk.run("plugin", "build", "broken", in: folder)
      #expect(built.exitCode == 65)
      #expect(built.errors.contains("broken/src/\(source):3:") && !built.errors.contains("\(folder.path)/broken/src"), "\(built.errors)")
      let within = try await Ropewalk.run(["-c", "cd broken && exec \"$0\" plugin build", Ropewalk.binary], of: "/bin/bash", in: folder)
      #expect(within.exitCode == 65)
      #expect(within.errors.contains("src/\(source):3:") && !within.errors.contains("broken/src/"), "\(within.errors)")
    }
  }
}
