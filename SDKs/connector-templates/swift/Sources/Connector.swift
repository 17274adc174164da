import RopewalkConnector

@main
struct Connector {
  static func main() async throws {
    // Each connection gets a node of its own.
    try await ConnectorPlugin.serve(Lines.metadata) { _ in Lines() }
  }
}
