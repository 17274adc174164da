import ArgumentParser
import RopewalkCore
import RopewalkResources
import RopewalkServer

struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Makes a server have the objects that files declare: those that are missing are made, others changed.",
    discussion: """
      What an earlier apply said and the files do not say any more is removed; what others wrote stays.

      EXAMPLE
        ropewalk apply Examples/invoice-sync/integration.yaml
        ropewalk apply --dry-run integration.yaml customers.yaml
      """
  )

  /// Who the server notes as the one that declared the fields.
  private static let manager = "ropewalk"

  @Argument(help: "Files with objects: YAML or JSON, one or several in a file.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  @Flag(name: .customLong("dry-run"), help: "The server checks everything and changes nothing.")
  var isDryRun = false

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      var documents: [JSON] = []
      for file in files { documents += try ObjectFile.documents(ofFile: file) }
      try await server.withServer { session in
        var applied: [JSON] = []
        for document in documents { applied.append(try await apply(document, session)) }
        if output.output != .text { try output.write(.array(applied)) { "" } }
      }
    }
  }

  private func apply(_ document: JSON, _ session: ResourceSession) async throws -> JSON {
    let kind = try session.kinds.kind(apiVersion: document["apiVersion"]?.string ?? "", kind: document["kind"]?.string ?? "")
    guard let name = document["metadata"]?["name"]?.string else {
      throw RopewalkError(.applyNameless, "the \(kind.kind) has no metadata.name; what is applied has one")
    }
    let namespace = kind.isNamespaced ? document["metadata"]?["namespace"]?.string ?? session.namespace : nil
    var query = [("fieldManager", Self.manager), ("force", "true"), ("fieldValidation", "Strict")]
    if isDryRun { query.append(("dryRun", "All")) }
    let answer = try await session.client.send(
      "PATCH",
      kind.path(namespace: namespace, name: name).withQuery(query),
      contentType: "application/apply-patch+yaml",
      body: document
    )
    for warning in answer.warnings { Console.note("warning: \(TerminalText.line(warning, width: 500))") }
    if output.output == .text {
      Console.print("\(kind.singular)/\(name) \(answer.status == 201 ? "created" : "applied")\(isDryRun ? " (dry run)" : "")")
    }
    return answer.body
  }
}

extension ErrorCode {
  static let applyNameless = ErrorCode("apply.nameless", .invalid)
}
