import RopewalkConnector
import RopewalkCore
import Testing

@testable import RopewalkProcess

/// Which connections share a process.
@Suite struct ProcessKeyTests {
  private func request(_ change: (inout ConnectorRequest) -> Void = { _ in }) -> ConnectorRequest {
    var request = ConnectorRequest(
      tenant: "t",
      integration: "orders",
      role: .outgoing,
      program: ConnectorProgram(executable: "/opt/mail"),
      sandbox: SandboxSpec(),
      grants: ConnectorGrants(secrets: ["a"]),
      configuration: ConnectionConfiguration(name: "mail", type: "mail")
    )
    change(&request)
    return request
  }

  @Test func noTwoConnectionsUnlessTheConnectorSaysSo() {
    let first = ProcessKey(request(), [.streaming])
    #expect(first == ProcessKey(request(), [.streaming]))
    #expect(first != ProcessKey(request { $0.configuration.name = "mail-2" }, [.streaming]))
    #expect(first != ProcessKey(request { $0.role = .incoming }, [.streaming]))
    #expect(first != ProcessKey(request { $0.integration = "invoices" }, [.streaming]))
  }

  @Test func thoseOfATenantWhereItDoes() {
    let first = ProcessKey(request(), [.sharedProcess])
    #expect(first == ProcessKey(request { $0.configuration.name = "mail-2" }, [.sharedProcess]))
    #expect(first == ProcessKey(request { $0.integration = "invoices" }, [.sharedProcess]))
    #expect(first == ProcessKey(request { $0.configuration.settings = ["password": "another customer's"] }, [.sharedProcess]))
  }

  @Test(arguments: 0..<6) func neverWhatIsStartedOrGrantedOtherwise(_ place: Int) {
    let changes: [@Sendable (inout ConnectorRequest) -> Void] = [
      { $0.tenant = "other" }, { $0.program.executable = "/opt/mail-2" }, { $0.program.arguments = ["-v"] },
      { $0.program.environment = ["TZ": "UTC"] }, { $0.sandbox = nil }, { $0.grants = ConnectorGrants(secrets: ["a", "b"]) },
    ]
    #expect(ProcessKey(request(), [.sharedProcess]) != ProcessKey(request(changes[place]), [.sharedProcess]))
  }
}
