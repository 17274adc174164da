import ArgumentParser
import RopewalkCore
import RopewalkResources
import RopewalkServer

struct DeleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Removes objects from a server, and waits until they are gone.",
    discussion: """
      EXAMPLE
        ropewalk delete integration invoice-sync
        ropewalk delete --filename integration.yaml
      """
  )

  @Argument(help: ArgumentHelp("A kind and names: 'integration invoice-sync', integration/invoice-sync.", valueName: "kind> <name"))
  var words: [String] = []

  @Option(name: [.customShort("f"), .long], help: "A file whose objects are removed; may be given more than once.")
  var filename: [String] = []

  @Flag(inversion: .prefixedNo, help: "Waits until the objects are gone, which their finalizers can hold up.")
  var wait = true

  @Option(help: "How long it waits for each.")
  var timeout = DurationArgument(.seconds(60))

  @OptionGroup var server: ServerOptions

  func validate() throws {
    guard words.isEmpty != filename.isEmpty else { throw ValidationError("name a kind and names, or files with --filename") }
  }

  func run() async throws {
    try await reportingFailures {
      try await server.withServer { session in
        for target in try targets(session) { try await delete(target, session) }
      }
    }
  }

  private struct Target {
    var kind: ServedKind
    var namespace: String?
    var name: String

    var path: String { kind.path(namespace: namespace, name: name) }
  }

  private func targets(_ session: ResourceSession) throws -> [Target] {
    if !words.isEmpty {
      let choices = try ObjectArguments.parse(words).choices(session.kinds)
      guard choices.allSatisfy({ !$0.names.isEmpty }) else { throw ValidationError("name what is to be removed") }
      return choices.flatMap { choice in choice.names.map { Target(kind: choice.kind, namespace: session.scope(choice.kind), name: $0) } }
    }
    return try filename.flatMap { try ObjectFile.documents(ofFile: $0) }.map { document in
      let kind = try session.kinds.kind(apiVersion: document["apiVersion"]?.string ?? "", kind: document["kind"]?.string ?? "")
      let namespace = kind.isNamespaced ? document["metadata"]?["namespace"]?.string ?? session.namespace : nil
      return Target(kind: kind, namespace: namespace, name: document["metadata"]?["name"]?.string ?? "")
    }
  }

  private func delete(_ target: Target, _ session: ResourceSession) async throws {
    let answer = try await session.client.send("DELETE", target.path).body
    let isGone = answer["kind"]?.string == "Status"
    if !isGone, wait { try await waitUntilGone(target, answer, session) }
    Console.print("\(target.kind.singular)/\(target.name) \(isGone || wait ? "deleted" : "is to be deleted")")
  }

  /// Watches from the version that marked the object until it is gone.
  private func waitUntilGone(_ target: Target, _ object: JSON, _ session: ResourceSession) async throws {
    let seconds = max(1, Int(timeout.duration.components.seconds))
    let path = target.kind.path(namespace: target.namespace).withQuery([
      ("watch", "true"), ("fieldSelector", "metadata.name=\(target.name)"), ("timeoutSeconds", String(seconds)),
      ("resourceVersion", object["metadata"]?["resourceVersion"]?.string ?? ""),
    ])
    var isGone = false
    try await session.client.watch(path) { event in
      isGone = event["type"]?.string == "DELETED"
      return !isGone
    }
    guard isGone else {
      let holders = object["metadata"]?["finalizers"]?.array?.compactMap(\.string).joined(separator: ", ") ?? ""
      throw RopewalkError(
        .deleteTimeout,
        "\(target.kind.singular)/\(target.name) is still there after \(seconds) s; it is held by \(holders)"
      )
    }
  }
}

extension ErrorCode {
  static let deleteTimeout = ErrorCode("delete.timeout", .timeout)
}
