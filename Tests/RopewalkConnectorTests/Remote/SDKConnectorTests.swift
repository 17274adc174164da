import FoundationEssentials
import Logging
import RopewalkCore
import Testing

@testable import RopewalkConnector

/// Connectors that `scripts/build-connectors --test` builds with the other SDKs.
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
    .enabled(if: isBuilt("python-file"), "run scripts/build-connectors")
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

  @Test(
    "What the host offers reaches connectors in other languages: a secret that was granted, the log, metrics, the configuration",
    .enabled(if: isBuilt("go-peer") && isBuilt("python-peer"), "run scripts/build-connectors --test"),
    arguments: ["go-peer", "python-peer"]
  )
  func hostFunctions(name: String) async throws {
    let journal = PeerJournal()
    let events = HostEvents()
    var settings = journal.settings
    settings["ask"] = "token"
    let peer = PeerProcess(
      executable: "\(Self.folder)/\(name)/connector",
      ends: .outgoing,
      host: events.services(secrets: ["token": "s3cret-value", "other": "x"], granted: ["token"])
    )
    try await peer.withConnection(settings) { _, _ in }
    #expect(journal.lines == ["secret of 12 bytes", "configured as peer"])
    #expect(events.logged.contains { $0.level == .warning && $0.message == "the secret is ***" && $0.fields == ["given": "***"] })
    let metric = try #require(events.metrics.first)
    #expect(metric.name == "peer_asked" && metric.kind == .counter && metric.value == 1 && metric.labels == ["secret": "token"])
    settings["ask"] = "other"
    try await peer.withConnection(settings) { _, _ in }
    #expect(journal.lines.suffix(2) == ["refused UNAUTHORIZED", "configured as peer"])
    #expect(events.metrics.count == 2)
  }
}
