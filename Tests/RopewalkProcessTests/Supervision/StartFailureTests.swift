import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkProcess

/// What stands in a connector's place and is none: a clear error, and nothing is left behind.
@Suite(.takesTurns) struct ConnectorStartFailureTests {
  private func failure(_ script: String, startTimeout: Duration = .seconds(60)) async throws -> String {
    var limits = Processes.limits
    limits.startTimeout = startTimeout
    return try await Processes.with(limits) { processes, folder in
      let program = try folder.write("connector", "#!/bin/sh\n\(script)\n", executable: true)
      do {
        _ = try await processes.connector(Processes.request("file", program: program, settings: ["path": "x"]))
        return "it was taken"
      } catch {
        let error = try #require(error as? RopewalkError)
        #expect(error.code == .connectorStart && processes.count == 0)
        return error.message
      }
    }
  }

  @Test func itEnds() async throws {
    let message = try await failure("echo no licence >&2; exit 3")
    #expect(message.contains("exited with code 3 before its handshake") && message.contains("no licence"), "\(message)")
  }

  @Test func itSaysSomethingElse() async throws {
    let message = try await failure("echo Hello; sleep 1000")
    #expect(message.contains("Hello"), "\(message)")
  }

  @Test func itHangs() async throws {
    let message = try await failure("sleep 1000", startTimeout: .milliseconds(300))
    #expect(message.contains("printed no handshake in time"), "\(message)")
  }

  @Test func itWantsAnotherHost() async throws {
    let message = try await failure("unset ROPEWALK_CONNECTOR_PLUGIN; exec \(Processes.builtIn)")
    #expect(message.contains("before its handshake"), "\(message)")
  }

  @Test func itIsNotThere() async throws {
    try await Processes.with { processes, folder in
      do {
        _ = try await processes.connector(Processes.request("file", program: folder.path + "/none", settings: [:]))
        Issue.record("a program that is not there was taken")
      } catch let error as RopewalkError {
        #expect(error.code == .connectorProgram)
      }
    }
  }
}
