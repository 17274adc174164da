import RopewalkConnector

@main
struct TCPLines {
  static func main() async throws {
    try await ConnectorPlugin.serve(LineConnector.metadata) { _ in LineConnector() }
  }
}
