import ArgumentParser
import RopewalkCore
import RopewalkServer

struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Shows objects of a server as they are and as they change, until Ctrl-C.",
    discussion: """
      EXAMPLE
        ropewalk watch integrations
        ropewalk watch integration invoice-sync --output json
      """
  )

  @OptionGroup var objects: ObjectArguments
  @OptionGroup var selector: SelectorOptions

  @Flag(name: .shortAndLong, help: "Also the columns that are for details.")
  var wide = false

  @Option(help: "Ends after this time, such as 30s.")
  var timeout: DurationArgument?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      try await server.withServer { session in
        let choices = try objects.choices(session.kinds)
        guard choices.count == 1, let choice = choices.first, choice.names.count <= 1 else {
          throw ValidationError("one kind is watched at a time, all of its objects or one")
        }
        try await watch(choice, session)
      }
    }
  }

  private func watch(_ choice: ObjectArguments.Choice, _ session: ResourceSession) async throws {
    var query = [("watch", "true")] + selector.query
    if let name = choice.names.first {
      query = query.filter { $0.0 != "fieldSelector" }
      query.append(("fieldSelector", (selector.fields.map { "\($0)," } ?? "") + "metadata.name=\(name)"))
    }
    if let timeout { query.append(("timeoutSeconds", String(max(1, timeout.duration.components.seconds)))) }
    let path = choice.kind.path(namespace: session.scope(choice.kind, allNamespaces: selector.allNamespaces)).withQuery(query)
    let isText = output.output == .text
    let view = ServerTable(isWide: wide, showsNamespace: selector.allNamespaces && choice.kind.isNamespaced)
    var hasHeader = false
    try await session.client.watch(path, accept: isText ? ServerTable.accept : "application/json") { event in
      let type = event["type"]?.string ?? ""
      let object = event["object"] ?? .null
      guard type != "ERROR" else {
        throw RopewalkError(.watchEnded, "the watch ended: \(object["message"]?.string ?? "the server does not say why")")
      }
      guard isText else {
        // One event a line, also in YAML's case a document each.
        Console.print(output.output == .json ? event.text() : "---\n" + (try YAMLText.write(event)))
        return true
      }
      var table = Table(header: ["EVENT"] + view.header(object))
      table.rows = view.rows(object).map { [type] + $0 }
      let lines = table.text().split(separator: "\n").map(String.init)
      for line in hasHeader ? lines.dropFirst() : lines[...] { Console.print(line) }
      hasHeader = true
      return true
    }
  }
}

extension ErrorCode {
  static let watchEnded = ErrorCode("watch.ended", .unavailable)
}
