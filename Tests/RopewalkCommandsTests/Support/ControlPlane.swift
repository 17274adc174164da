import Foundation
import RopewalkCore
import RopewalkServer
import RopewalkTesting
import Subprocess
import SystemPackage
import Testing

/// A `ropewalk serve` that runs in a folder, reached with its own commands or with the real `kubectl`, that of the bootstrap.
struct ControlPlane {
  /// Opens the folder, in which there is no code, to objects.
  static let openFolder = ["--allow-folder", "."]
  private static let kubectl = Project.root.appendingPathComponent(".deps/bin/kubectl").path
  /// Whether there is `kubectl`: the condition of every test that runs it, and why such a test is left out.
  static let hasKubectl = FileManager.default.isExecutableFile(atPath: kubectl)
  static let noKubectl: Comment = "run scripts/bootstrap --servers: kubectl is missing"

  let folder: Folder
  let port: Int

  /// Serves while `body` runs. Files are applied at the start; controllers are looked for where it looks by itself.
  /// - Parameter port: nil for any that is free; to be the same where one folder is served again.
  static func serving(
    _ files: [String] = [],
    port: Int? = nil,
    options: [String] = [],
    ending end: Ropewalk.End = .drained,
    in folder: Folder,
    _ body: (ControlPlane) async throws -> Void
  ) async throws {
    let port = try port ?? FreePort.next()
    // Written once the port is open: one of an earlier server would be read until then.
    try? FileManager.default.removeItem(atPath: folder.path + "/.ropewalk/kubeconfig")
    try await Ropewalk.serving(
      files,
      command: "serve",
      options: ["--listen", "127.0.0.1:\(port)"] + options,
      ports: [port],
      ending: end,
      in: folder
    ) {
      try await eventually("the kubeconfig") { folder.exists(".ropewalk/kubeconfig") }
      try await body(ControlPlane(folder: folder, port: port))
    }
  }

  /// The status of the integration `orders`; null where there is none.
  func ordersStatus() async throws -> JSON {
    try await Ropewalk.run("get", "integration", "orders", "--output", "json", in: folder).json["status"] ?? .null
  }

  /// A client of the API, as who administers it.
  func client() throws -> APIClient {
    APIClient(try ClientConfiguration(kubeconfig: folder.path + "/.ropewalk/kubeconfig"))
  }

  /// Runs `kubectl`, which must succeed.
  @discardableResult
  func kubectl(
    _ arguments: String...,
    input: String = "",
    environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Ropewalk.Result {
    let result = try await run(arguments, input, environment)
    #expect(
      result.exitCode == 0,
      "kubectl \(arguments.joined(separator: " ")): \(result.output)\(result.errors)",
      sourceLocation: sourceLocation
    )
    return result
  }

  /// Runs `kubectl`, which must be refused.
  /// - Returns: what it says of that.
  func refusal(_ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    let result = try await run(arguments, input)
    #expect(result.exitCode != 0, "kubectl \(arguments.joined(separator: " ")): \(result.output)", sourceLocation: sourceLocation)
    return result.errors
  }

  /// One object, or a list of them; null where there is none.
  func get(_ what: String...) async throws -> JSON {
    try await run(["get", "--output", "json"] + what).json
  }

  func waitForController(_ name: String, phase: String = "Running") async throws {
    try await eventually("the controller \(name) to be \(phase)") {
      try await get("controller", name)["status"]?["phase"]?.string == phase
    }
  }

  func log(contains text: String) -> Bool {
    folder.lines(of: "standard-error.log").contains { $0.contains(text) }
  }

  /// Runs `kubectl`, whatever comes of it.
  func run(_ arguments: [String], _ input: String = "", _ environment: [String: String] = [:]) async throws -> Ropewalk.Result {
    var environment = environment
    environment["KUBECONFIG"] = folder.path + "/.ropewalk/kubeconfig"
    let result = try await Subprocess.run(
      .path(FilePath(Self.kubectl)),
      arguments: Arguments(["--cache-dir", folder.path + "/kubectl", "--request-timeout", "120s"] + arguments),
      environment: .inherit.updating(
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) })
      ),
      workingDirectory: FilePath(folder.path),
      input: .string(input),
      output: .string(limit: 4 << 20),
      error: .string(limit: 4 << 20)
    )
    guard case .exited(let code) = result.terminationStatus else {
      throw WaitFailure("kubectl \(arguments) ended with \(String(describing: result.terminationStatus))")
    }
    return Ropewalk.Result(exitCode: Int32(code), output: result.standardOutput, errors: result.standardError)
  }
}

extension JSON {
  /// Whether a status has this condition.
  func isTrue(_ condition: String) -> Bool {
    self["conditions"]?.array?.contains { $0["type"]?.string == condition && $0["status"] == "True" } ?? false
  }
}

extension Folder {
  /// Applies objects with Ropewalk's own command to what is served from the folder.
  func apply(_ text: String) async throws {
    let result = try await tryToApply(text)
    try #require(result.exitCode == 0, "\(result.errors)")
  }

  /// The same, whatever comes of it.
  func tryToApply(_ text: String) async throws -> Ropewalk.Result {
    try write("applied.yaml", text)
    return try await Ropewalk.run("apply", "applied.yaml", in: self)
  }

  /// The kinds of Examples/controllers, and what its controllers may do: what a server is given at its start.
  func writeInventoryKinds() throws -> [String] {
    try ["kinds.yaml", "roles.yaml"].map { try write($0, try Project.file("Examples/controllers/\($0)")) }
  }

  /// A controller that `scripts/build-guests` has built.
  func copyGuest(_ name: String, to path: String) throws {
    try write(path, Array(try Data(contentsOf: BuiltGuest.file(name))))
  }
}

enum BuiltGuest {
  static func file(_ name: String) -> URL { Project.root.appendingPathComponent(".deps/guests/examples/\(name).wasm") }

  /// Whether `scripts/build-guests` has built the controllers of Examples/controllers.
  static var areThere: Bool {
    ["item-validator", "category-labels"].allSatisfy { FileManager.default.fileExists(atPath: file($0).path) }
  }
}
