import Foundation
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkProcess

/// The built-in connectors in a real process, killed and started again.
@Suite(.takesTurns) struct ProcessConnectorTests {
  private func sink(_ folder: Folder) -> JSONObject { ["path": .string(folder.path + "/out.txt")] }

  @Test(arguments: ConnectionLaw.allCases, [ConnectorRequest.Role.incoming, .outgoing])
  func keepsTheLaw(_ law: ConnectionLaw, _ role: ConnectorRequest.Role) async throws {
    try await Processes.with { processes, folder in
      let request =
        switch role {
        case .incoming: Processes.request("timer", role: role, settings: ["interval": "1h"])
        case .outgoing: Processes.request("file", role: role, settings: sink(folder))
        }
      try await law.verify(ConnectionLaw.Subject(role.ends, request.configuration) { try await processes.connector(request) })
      #expect(processes.count == 0)
    }
  }

  @Test func deliversAndEndsWithItsLastConnection() async throws {
    try await Processes.with { processes, folder in
      let connector = try await processes.connected(Processes.request("file", settings: sink(folder)))
      #expect(connector.metadata.supportedTypes.contains("file"))
      #expect(await connector.health() == .healthy)
      for number in 0..<10 { try await connector.send(.line(number)) }
      #expect(folder.lines(of: "out.txt") == (0..<10).map { "line \($0)" })
      let pid = try #require(processes.pids.first)
      await connector.disconnect()
      await connector.disconnect()
      #expect(processes.count == 0)
      try await Processes.wait("the process is gone") { kill(pid, 0) != 0 }
      // The connector outlives the process.
      try await connector.connect(Processes.request("file", settings: sink(folder)).configuration)
      try await connector.send(.line(10))
      #expect(folder.lines(of: "out.txt").count == 11)
      await connector.disconnect()
    }
  }

  @Test func whatIsInItsHandsWhenItIsKilledIsSaidToBeInterrupted() async throws {
    try await Processes.with { processes, folder in
      let connector = try await processes.connected(Processes.request("file", settings: sink(folder)))
      let counted = Count()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for sender in 0..<8 {
          group.addTask {
            for number in 0..<100 {
              let message = Message.line(sender * 100 + number)
              while true {
                do throws(ConnectionError) {
                  try await connector.send(message)
                  break
                } catch {
                  #expect(error.recoverable)
                  if error.attempt == .made { counted.add() }
                  try await error.pause()
                }
              }
            }
          }
        }
        for round in 1...5 {
          try await Processes.wait("enough is delivered before kill \(round)") { folder.lines(of: "out.txt").count >= round * 100 }
          try await Processes.wait("there is a process") { !processes.pids.isEmpty }
          for pid in processes.pids { kill(pid, SIGKILL) }
        }
        try await group.waitForAll()
      }
      #expect(counted.value == 0)
      #expect(Set(folder.lines(of: "out.txt")).isSuperset(of: (0..<800).map { "line \($0)" }))
      await connector.disconnect()
    }
  }

  @Test func aSourceGoesOnWithTheNextProcess() async throws {
    try await Processes.with { processes, _ in
      let request = Processes.request("timer", role: .incoming, settings: ["interval": "5ms", "payload": "tick"])
      let connector = try await processes.connected(request)
      let received = Count()
      let receiving = Inbox { _ in
        received.add()
        return .accepted
      }
      await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await connector.receive(into: receiving) }
        group.addTask {
          for _ in 0..<3 {
            let before = received.value
            try await Processes.wait("messages come") { received.value >= before + 10 }
            for pid in processes.pids { kill(pid, SIGKILL) }
          }
          let before = received.value
          try await Processes.wait("messages come again") { received.value >= before + 20 }
        }
        // The source has no end: the second ends first.
        _ = await group.nextResult()
        group.cancelAll()
      }
      await connector.disconnect()
    }
  }

  @Test func wrongSettingsAreFoundBeforeAnythingIsOpened() async throws {
    try await Processes.with { processes, _ in
      let connector = try await processes.connector(Processes.request("file", settings: ["pfad": "x"]))
      let problems = await connector.validate(connector.metadata.configuration(["pfad": "x"]))
      #expect(problems.contains { $0.path == ["pfad"] })
      #expect(await connector.validate(connector.metadata.configuration(["path": "/tmp/x"])).isEmpty)
      #expect(processes.count == 0)
    }
  }

  @Test func aConnectorThatDoesNotStayUpIsDegradedUntilItIsMended() async throws {
    var limits = Processes.limits
    limits.sendPatience = .milliseconds(50)
    try await Processes.with(limits) { processes, folder in
      let program = try folder.write(
        "connector",
        "#!/bin/sh\n[ -e \(folder.path)/broken ] && exit 3\nexec \(Processes.builtIn)\n",
        executable: true
      )
      let request = Processes.request("file", program: program, settings: sink(folder))
      let connector = try await processes.connected(request)
      try await connector.send(.line(0))
      try folder.write("broken", "")
      for pid in processes.pids { kill(pid, SIGKILL) }
      // Nothing is attempted, and nothing counts.
      var last: ConnectionError?
      while last?.message.contains("degraded") != true {
        do throws(ConnectionError) { try await connector.send(.line(1)) } catch { last = error }
        #expect(last?.attempt != .made)
        try await last?.pause()
      }
      #expect(last?.attempt == .notMade && last?.message.contains("exited with code 3") == true)
      #expect((last?.retryAfter ?? .zero) > .zero)
      guard case .unhealthy = await connector.health() else { return #expect(Bool(false), "a degraded connector is healthy") }
      // The program is another one now: nobody waits for the pause to be over.
      try FileManager.default.removeItem(atPath: folder.path + "/broken")
      try folder.write("connector", "#!/bin/sh\n# mended\nexec \(Processes.builtIn)\n", executable: true)
      try await Processes.wait("it works again") { !processes.pids.isEmpty }
      while true {
        do throws(ConnectionError) {
          try await connector.send(.line(1))
          break
        } catch {
          #expect(error.attempt != .made)
          try await error.pause()
        }
      }
      #expect(folder.lines(of: "out.txt").last == "line 1")
      await connector.disconnect()
    }
  }

  @Test func whatItHasForkedEndsWithIt() async throws {
    try await Processes.with { processes, folder in
      let program = try folder.write(
        "connector",
        "#!/bin/sh\nsleep 1000 < /dev/null > /dev/null 2>&1 &\necho $! >> \(folder.path)/forked\nexec \(Processes.builtIn)\n",
        executable: true
      )
      let connector = try await processes.connected(Processes.request("file", program: program, settings: sink(folder)))
      for pid in processes.pids { kill(pid, SIGKILL) }
      try await connector.sendUntilTaken(.line(0))
      await connector.disconnect()
      let forked = folder.lines(of: "forked").compactMap { Int32($0) }
      #expect(forked.count >= 3)
      try await Processes.wait("all that it forked is gone") { forked.allSatisfy { kill($0, 0) != 0 } }
    }
  }

  @Test func eachConnectionHasAProcessOfItsOwn() async throws {
    try await Processes.with { processes, folder in
      let first = try await processes.connected(Processes.request("file", name: "a", settings: sink(folder)))
      let second = try await processes.connected(Processes.request("file", name: "b", settings: sink(folder)))
      #expect(processes.count == 2 && Set(processes.pids).count == 2)
      await first.disconnect()
      #expect(processes.count == 1)
      try await second.send(.line(1))
      await second.disconnect()
    }
  }
}

extension PluginMetadata {
  fileprivate func configuration(_ settings: JSONObject) -> ConnectionConfiguration {
    ConnectionConfiguration(name: "c", type: "file", settings: settings)
  }
}
