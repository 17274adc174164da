import Foundation
import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

/// Every built-in connector, at each end that it can stand at.
@Suite(.takesTurns) struct ConnectionLawTests {
  private static let places: [(ConnectorRole, String)] = ConnectorRole.allCases.flatMap { role in
    BuiltInConnectors.types(for: role).map { (role, $0) }
  }

  @Test(arguments: ConnectionLaw.allCases, places)
  func keepsTheLaw(_ law: ConnectionLaw, _ place: (role: ConnectorRole, type: String)) async throws {
    try await TestSink.with { _, port in
      try await TestFolder.with { folder in
        try folder.write("{}\n", to: "in")
        let (input, output) = (Pipe(), Pipe())
        let streams = StandardStreams(
          input: input.fileHandleForReading.fileDescriptor,
          output: output.fileHandleForWriting.fileDescriptor
        )
        let connectors = BuiltInConnectors(
          group: MultiThreadedEventLoopGroup.singleton,
          logger: .testing,
          resolver: nil,
          streams: streams
        )
        let configuration = ConnectionConfiguration(
          name: "law",
          type: place.type,
          settings: try settings(place.role, place.type, in: folder, sink: port)
        )
        let end: ConnectionEnds = place.role == .incoming ? .incoming : .outgoing
        try await law.verify(
          ConnectionLaw.Subject(end, configuration) {
            try #require(connectors.make(type: place.type, role: place.role))
          }
        )
        withExtendedLifetime((input, output)) {}
      }
    }
  }

  /// Sources that go on until they are cancelled.
  private func settings(_ role: ConnectorRole, _ type: String, in folder: TestFolder, sink: Int) throws -> JSONObject {
    switch (role, type) {
    case (.incoming, "http-webhook"): WebhookFixture.settings()
    case (.incoming, "file"): ["path": .string(folder.path("in")), "follow": true]
    case (.incoming, "timer"): ["interval": "1h"]
    case (.incoming, "generate"): ["rate": 1]
    case (.outgoing, "http"): ["url": .string("http://127.0.0.1:\(sink)/in")]
    case (.outgoing, "file"): ["path": .string(folder.path("out"))]
    default: [:]
    }
  }
}
