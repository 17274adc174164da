import FoundationEssentials
import Testing

@testable import GoPlugin
@testable import RopewalkConnector

@Suite(.timeLimit(.minutes(5))) struct ProgramTextTests {
  @Test func codeThatOnlyTheStartNeedsIsUnmappedOnceConnected() async throws {
    let journal = PeerJournal()
    let peer = PeerProcess()
    try await peer.withPlugin { plugin in
      let started = try residentCode(of: plugin.pid)
      try await peer.withConnector(over: plugin) { connector in
        try await connector.connect(PeerProcess.configuration(journal.settings))
        #expect(try residentCode(of: plugin.pid) < started)
        // It is back where it is needed.
        try await connector.send(Message(id: "m", payload: [1]))
        await connector.disconnect()
      }
    }
    #expect(journal.lines.contains { $0.hasPrefix("sent m ") })
  }

  /// Of the program and its libraries, in KiB.
  private func residentCode(of pid: Int32) throws -> Int {
    var (sum, isCode) = (0, false)
    for line in try String(contentsOfFile: "/proc/\(pid)/smaps", encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      // A mapping's first line begins with its addresses, each other one with a name and a colon.
      if !fields[0].hasSuffix(":") {
        isCode = fields[1] == "r-xp" && fields.count >= 6
      } else if isCode, fields[0] == "Rss:" {
        sum += Int(fields[1]) ?? 0
      }
    }
    return sum
  }
}
