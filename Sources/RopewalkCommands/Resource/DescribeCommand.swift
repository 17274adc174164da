import ArgumentParser
import RopewalkCore
import RopewalkServer

struct DescribeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "Shows an object of a server with everything in it, and the events about it.",
    discussion: """
      EXAMPLE
        ropewalk describe integration invoice-sync
      """
  )

  @OptionGroup var objects: ObjectArguments
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      try await server.withServer { session in
        for choice in try objects.choices(session.kinds) {
          guard !choice.names.isEmpty else { throw ValidationError("name what is to be described") }
          for name in choice.names {
            let object = try await session.client.send("GET", choice.kind.path(namespace: session.scope(choice.kind), name: name)).body
            let events = try await events(about: object, session)
            try output.write(["object": object, "events": .array(events)]) { sheet(object, events) }
          }
        }
      }
    }
  }

  private func events(about object: JSON, _ session: ResourceSession) async throws -> [JSON] {
    let kind = try session.kinds.kind(called: "events")
    let uid = object["metadata"]?["uid"]?.string ?? ""
    let namespace = object["metadata"]?["namespace"]?.string ?? "default"
    let path = kind.path(namespace: namespace).withQuery([("fieldSelector", "involvedObject.uid=\(uid)")])
    do {
      return try await session.client.send("GET", path).body["items"]?.array ?? []
    } catch let error as RopewalkError where error.code.kind == .denied {
      return []
    }
  }

  private func sheet(_ object: JSON, _ events: [JSON]) -> String {
    var shown = object.object ?? JSONObject()
    if var metadata = shown["metadata"]?.object {
      metadata["managedFields"] = nil
      shown["metadata"] = .object(metadata)
    }
    let document = (try? YAMLText.write(.object(shown))) ?? JSON.object(shown).text(pretty: true)
    var table = Table("LAST", "TYPE", "REASON", "COUNT", "MESSAGE")
    for event in events {
      func text(_ key: String) -> String { event[key]?.string ?? "" }
      table.add(
        text("lastTimestamp"),
        TerminalText.line(text("type"), width: 20),
        TerminalText.line(text("reason"), width: 40),
        String(event["count"]?.int ?? 1),
        TerminalText.line(text("message"), width: 200)
      )
    }
    return TerminalText.safe(document) + "\n\nEvents\n\n" + TerminalText.indented(events.isEmpty ? "none" : table.text(), by: 2)
  }
}
