import RopewalkCore
import RopewalkServer
import Subprocess
import SystemPackage
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The real `kubectl`, that of the bootstrap or else the machine's.
struct Kubectl: Sendable {
  static let path: String? = {
    let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return ["\(root)/.deps/bin/kubectl", "/usr/bin/kubectl", "/usr/local/bin/kubectl"].first { access($0, X_OK) == 0 }
  }()

  struct Result: Sendable {
    var exitCode: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var json: JSON { (try? JSON.parse(output)) ?? .null }
  }

  let server: TestServer
  /// Nil for the kubeconfig that the server writes.
  var token: String?

  init(_ server: TestServer, token: String? = nil) {
    self.server = server
    self.token = token
  }

  /// Runs it to its end.
  @discardableResult
  func callAsFunction(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws -> Result {
    try await run(arguments, input: input, environment: environment)
  }

  /// The same, and it must succeed.
  @discardableResult
  func succeed(
    _ arguments: String...,
    input: String = "",
    environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Result {
    let result = try await run(arguments, input: input, environment: environment)
    #expect(
      result.exitCode == 0,
      "kubectl \(arguments.joined(separator: " ")): \(result.output)\(result.errors)",
      sourceLocation: sourceLocation
    )
    return result
  }

  func run(_ arguments: [String], input: String, environment: [String: String]) async throws -> Result {
    let path = try #require(Self.path)
    var all = ["--kubeconfig", server.files.kubeconfig, "--cache-dir", "\(server.folder.path)/cache", "--request-timeout", "60s"]
    if let token { all += ["--token", token] }
    let result = try await Subprocess.run(
      .path(FilePath(path)),
      arguments: Arguments(all + arguments),
      environment: .inherit.updating(
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) })
      ),
      workingDirectory: FilePath(server.folder.path),
      input: .string(input),
      output: .string(limit: 16 << 20),
      error: .string(limit: 4 << 20)
    )
    guard case .exited(let code) = result.terminationStatus else {
      throw Failure("kubectl \(arguments) ended with \(result.terminationStatus)")
    }
    let outcome = Result(exitCode: Int32(code), output: result.standardOutput, errors: result.standardError)
    Self.note(arguments, outcome)
    return outcome
  }

  /// With KUBECTL_TRANSCRIPT set, each call and the first line of its answer go to that file: what docs/kubectl.md is made of.
  private static func note(_ arguments: [String], _ result: Result) {
    guard let path = getenv("KUBECTL_TRANSCRIPT").map({ String(cString: $0) }), let file = fopen(path, "a") else { return }
    defer { fclose(file) }
    let answer = (result.output + result.errors).split(separator: "\n").first ?? ""
    fputs("\(result.exitCode)\tkubectl \(arguments.joined(separator: " "))\t\(answer)\n", file)
  }
}
