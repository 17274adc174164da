import Foundation
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkProcess

/// A program that takes the place of the one which found the configuration in order.
@Suite(.takesTurns) struct ReplacedProgramTests {
  @Test(arguments: [
    ("\(Processes.peer) strict", "its program was replaced by one that refuses config.strict: is missing"),
    (Processes.builtIn, "its program was replaced by one without the type 'peer'; it has "),
  ])
  func oneThatCannotServeTheConnectionIsRefusedUntilItIsReplacedAgain(_ program: String, _ reason: String) async throws {
    var limits = Processes.limits
    limits.sendPatience = .milliseconds(50)
    try await Processes.with(limits) { processes, folder in
      func install(_ program: String) throws -> String { try folder.write("connector", "#!/bin/sh\nexec \(program)\n", executable: true) }
      let settings: JSONObject = ["journal": .string(folder.path + "/journal")]
      let request = Processes.request("peer", program: try install(Processes.peer), settings: settings)
      let connector = try await processes.connected(request)
      try await connector.sendUntilTaken(.line(0))
      _ = try install(program)
      let pid = try #require(processes.pids.first)
      kill(pid, SIGKILL)
      try await Processes.wait("the process is gone") { kill(pid, 0) != 0 }
      var last: ConnectionError?
      while last?.message.contains(reason) != true {
        do throws(ConnectionError) { try await connector.send(.line(1)) } catch { last = error }
        try #require(last != nil && last?.attempt != .made)
        try await last?.pause()
      }
      #expect(last?.attempt == .notMade)
      // It has been given nothing, the connection neither.
      #expect(folder.lines(of: "journal").count { $0.hasPrefix("connected ") } == 1)
      _ = try install("\(Processes.peer) # mended")
      try await connector.sendUntilTaken(.line(1))
      #expect(folder.lines(of: "journal").count { $0.hasPrefix("sent m-") } == 2)
      await connector.disconnect()
    }
  }

  @Test func oneThatCanGoesOn() async throws {
    try await Processes.with { processes, folder in
      let program = try folder.write("connector", "#!/bin/sh\nexec \(Processes.peer)\n", executable: true)
      let settings: JSONObject = ["journal": .string(folder.path + "/journal"), "strict": true]
      let connector = try await processes.connected(Processes.request("peer", program: program, settings: settings))
      try await connector.sendUntilTaken(.line(0))
      try folder.write("connector", "#!/bin/sh\nexec \(Processes.peer) strict\n", executable: true)
      for pid in processes.pids { kill(pid, SIGKILL) }
      try await connector.sendUntilTaken(.line(1))
      #expect(folder.lines(of: "journal").count { $0.hasPrefix("sent m-") } == 2)
      await connector.disconnect()
    }
  }
}
