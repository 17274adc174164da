import FoundationEssentials
import RopewalkCore
import Testing

@testable import RopewalkConnector

/// The example connectors that `scripts/build-connectors` builds with the other SDKs.
@Suite(.timeLimit(.minutes(5)))
struct SDKConnectorTests {
  private static let folder =
    String(#filePath.prefix(#filePath.count - "/Tests/RopewalkConnectorTests/Remote/SDKConnectorTests.swift".count))
    + "/.build/connectors"

  private static func isBuilt(_ name: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)/connector")
  }

  @Test(
    "The connector in Python writes what it is sent, and reads it again from where the host left off",
    .enabled(if: isBuilt("python-file"))
  )
  func pythonFile() async throws {
    let journal = PeerJournal()
    let settings: JSONObject = ["path": .string(journal.path), "mode": "lines"]
    var peer = PeerProcess(executable: "\(Self.folder)/python-file/connector", ends: .outgoing)
    try await peer.withConnection(settings) { connector, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<2000 {
          group.addTask { try await connector.send(Message(id: "\(index)", payload: Array("line \(index)".utf8))) }
        }
        try await group.waitForAll()
      }
    }
    #expect(Set(journal.lines) == Set((0..<2000).map { "line \($0)" }))
    peer.ends = .incoming
    let host = Accepting()
    let position = Eventually<[UInt8]>()
    try await peer.withConnection(settings, onPosition: { position.set($0) }) { connector, _ in
      try await connector.receive(into: host.inbox)
    }
    #expect(host.messages.map { String(decoding: $0.payload, as: UTF8.self) } == journal.lines)
    peer.resumePosition = await position.value()
    let again = Accepting()
    try await peer.withConnection(settings) { connector, _ in try await connector.receive(into: again.inbox) }
    #expect(again.ids.count < 2000 && again.ids.isSubset(of: host.ids))
  }
}
