import ArgumentParser
import RopewalkCore
import RopewalkServer

struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Shows objects of a server: a table, or the objects themselves as JSON or YAML.",
    discussion: """
      EXAMPLE
        ropewalk get integrations
        ropewalk get integration invoice-sync --output yaml
        ropewalk get customers --all-namespaces --selector tier=gold --wide
      """
  )

  /// Objects that are fetched at once.
  private static let page = 500

  @OptionGroup var objects: ObjectArguments
  @OptionGroup var selector: SelectorOptions

  @Flag(name: .shortAndLong, help: "Also the columns that are for details.")
  var wide = false

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      try await server.withServer { session in
        for choice in try objects.choices(session.kinds) {
          if output.output == .text { try await showTable(choice, session) } else { try await showObjects(choice, session) }
        }
      }
    }
  }

  private func paths(_ choice: ObjectArguments.Choice, _ session: ResourceSession) -> [String] {
    let scope = session.scope(choice.kind, allNamespaces: selector.allNamespaces)
    if choice.names.isEmpty { return [choice.kind.path(namespace: scope)] }
    return choice.names.map { choice.kind.path(namespace: session.scope(choice.kind), name: $0) }
  }

  private func showTable(_ choice: ObjectArguments.Choice, _ session: ResourceSession) async throws {
    let view = ServerTable(isWide: wide, showsNamespace: selector.allNamespaces && choice.kind.isNamespaced)
    var table: Table?
    for path in paths(choice, session) {
      try await eachPage(path, isList: choice.names.isEmpty, ServerTable.accept, session) { page in
        if table == nil { table = Table(header: view.header(page)) }
        table?.rows += view.rows(page)
      }
    }
    guard let table, !table.rows.isEmpty else { return Console.note("there are no \(choice.kind.plural) here") }
    Console.print(table.text())
  }

  private func showObjects(_ choice: ObjectArguments.Choice, _ session: ResourceSession) async throws {
    var items: [JSON] = []
    for path in paths(choice, session) {
      try await eachPage(path, isList: choice.names.isEmpty, "application/json", session) { page in
        items += choice.names.isEmpty ? page["items"]?.array ?? [] : [page]
      }
    }
    let isOne = choice.names.count == 1
    try output.write(isOne ? items.first ?? .null : ["apiVersion": "v1", "kind": "List", "items": .array(items)]) { "" }
  }

  private func eachPage(_ path: String, isList: Bool, _ accept: String, _ session: ResourceSession, _ body: (JSON) -> Void) async throws {
    guard isList else { return body(try await session.client.send("GET", path, accept: accept).body) }
    var next: String?
    repeat {
      let paging = [("limit", String(Self.page))] + (next.map { [("continue", $0)] } ?? [])
      let page = try await session.client.send("GET", path.withQuery(selector.query + paging), accept: accept).body
      body(page)
      next = page["metadata"]?["continue"]?.string
    } while next?.isEmpty == false
  }
}
