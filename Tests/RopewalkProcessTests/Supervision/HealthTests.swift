import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkProcess

/// A process that is there and does nothing.
@Suite(.takesTurns) struct HealthTests {
  @Test func oneThatStandsStillIsKilledAndItsMessagesGoToTheNext() async throws {
    var limits = Processes.limits
    limits.healthInterval = .milliseconds(50)
    limits.healthTimeout = .milliseconds(500)
    try await Processes.with(limits) { processes, folder in
      let connector = try await processes.connected(Processes.request("file", settings: ["path": .string(folder.path + "/out.txt")]))
      try await connector.sendUntilTaken(.line(0))
      let pid = try #require(processes.pids.first)
      kill(pid, SIGSTOP)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1...20 { group.addTask { try await connector.sendUntilTaken(.line(number)) } }
        try await group.waitForAll()
      }
      try await Processes.wait("the process is gone") { kill(pid, 0) != 0 }
      #expect(Set(folder.lines(of: "out.txt")) == Set((0...20).map { "line \($0)" }))
      await connector.disconnect()
    }
  }
}
