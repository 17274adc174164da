import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkProcess

/// A connector that says that its connections may share a process.
@Suite(.takesTurns) struct SharedProcessTests {
  private func request(_ name: String, integration: String = "orders", _ folder: Folder) -> ConnectorRequest {
    Processes.request(
      "peer",
      name: name,
      integration: integration,
      program: Processes.peer,
      settings: ["journal": .string("\(folder.path)/\(name)")]
    )
  }

  private func sent(_ name: String, _ folder: Folder) -> [String] {
    folder.lines(of: name).filter { $0.hasPrefix("sent ") }.map { String($0.split(separator: " ")[1]) }
  }

  @Test func connectionsShareItAndComeBackTogether() async throws {
    try await Processes.with { processes, folder in
      let names = ["a", "b", "c"]
      var connectors: [ProcessConnector] = []
      for name in names {
        let request = request(name, integration: name == "c" ? "invoices" : "orders", folder)
        connectors.append(try await processes.connected(request))
      }
      #expect(processes.count == 1 && processes.pids.count == 1)
      for (number, connector) in connectors.enumerated() { try await connector.send(.line(number)) }
      #expect(names.map { sent($0, folder) } == [["m-0"], ["m-1"], ["m-2"]])
      await connectors[0].disconnect()
      #expect(processes.count == 1)
      #expect(folder.lines(of: "a").last == "disconnected")
      let pid = try #require(processes.pids.first)
      kill(pid, SIGKILL)
      for (number, connector) in connectors.enumerated().dropFirst() { try await connector.sendUntilTaken(.line(10 + number)) }
      #expect(processes.pids.count == 1 && processes.pids != [pid])
      #expect(names.map { sent($0, folder).last } == ["m-0", "m-11", "m-12"])
      for connector in connectors { await connector.disconnect() }
      #expect(processes.count == 0)
    }
  }

  @Test func anotherTenantsHasOneOfItsOwn() async throws {
    try await Processes.with { processes, folder in
      let first = try await processes.connected(request("a", folder))
      var other = request("b", folder)
      other.tenant = "other"
      let second = try await processes.connected(other)
      #expect(processes.count == 2 && Set(processes.pids).count == 2)
      for connector in [first, second] { await connector.disconnect() }
    }
  }

  @Test func whatIsBeyondTheLimitGetsAnother() async throws {
    var limits = Processes.limits
    limits.connectionsPerProcess = 2
    try await Processes.with(limits) { processes, folder in
      var connectors: [ProcessConnector] = []
      for name in ["a", "b", "c"] { connectors.append(try await processes.connected(request(name, folder))) }
      #expect(processes.count == 2)
      for connector in connectors { await connector.disconnect() }
    }
  }
}
