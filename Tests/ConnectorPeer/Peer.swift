import Glibc
import RopewalkConnector

/// A connector for tests, as a process of its own:
///
///     ConnectorPeer                serves any number of connections
///     ConnectorPeer nonblocking    the same, on the connection's thread
///     ConnectorPeer single         serves one
///     ConnectorPeer strict         serves any number, and refuses settings without `strict`
///     ConnectorPeer calls          has no streams, only calls
///     ConnectorPeer lie KIND       breaks the contract, in one of the ways of ``Lie``
///     ConnectorPeer fault KIND     keeps to its form, and does what ``Fault`` says
@main
enum Peer {
  static func main() async throws {
    switch CommandLine.arguments.dropFirst().first {
    case nil: try await ConnectorPlugin.serve(PeerConnector.about) { PeerConnector(host: $0) }
    case "nonblocking": try await ConnectorPlugin.serve(PeerConnector.about) { PeerConnector(host: $0, mayBlock: false) }
    case "single": try await ConnectorPlugin.serve(PeerConnector(host: nil))
    case "strict": try await ConnectorPlugin.serve(PeerConnector.about) { PeerConnector(host: $0, isStrict: true) }
    case "calls": try await LyingPlugin.serveWithoutStreams()
    case "lie":
      guard let lie = CommandLine.arguments.last.flatMap(Lie.init(rawValue:)) else { exit(2) }
      try await LyingPlugin.serve(lie)
    case "fault":
      guard let fault = CommandLine.arguments.last.flatMap(Fault.init(rawValue:)) else { exit(2) }
      try await ConnectorPlugin.serve(FaultyConnector.about(fault)) { _ in FaultyConnector(fault) }
    default: exit(2)
    }
  }
}
