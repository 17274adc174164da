import RopewalkCore
import Testing

@testable import RopewalkProcess

@Suite struct NetworkPolicyTests {
  @Test(arguments: [
    ("api.example.com:443", "api.example.com", 443), ("LOCALHOST:1", "localhost", 1), ("127.0.0.1:65535", "127.0.0.1", 65535),
    ("[2001:db8::1]:8443", "2001:db8::1", 8443), ("my_service:80", "my_service", 80),
  ])
  func readsEndpoints(text: String, host: String, port: Int) throws {
    let endpoint = try Endpoint(parsing: text)
    #expect(endpoint.host == host)
    #expect(endpoint.port == port)
    #expect("\(endpoint)".lowercased() == text.lowercased())
  }

  @Test(arguments: [
    "", "example.com", "example.com:", "example.com:0", "example.com:65536", "*.example.com:443", ":80", "2001:db8::1:80", "[::1:80",
    "[127.0.0.1]:80", "a b:80", "-a.com:80", "a..b:80", "1.2.3:80", "1.2.3.4.5:80", "http://example.com:80", "ex\nample.com:80",
  ])
  func refusesWhatIsNoEndpoint(text: String) {
    #expect(throws: RopewalkError.self) { try Endpoint(parsing: text) }
  }

  @Test func plansAnAddressForEachName() throws {
    let allow = ["a.example:443", "a.example:80", "b.example:443", "localhost:5432", "10.1.2.3:5671", "a.example:443"]
    let plan = NetworkPlan(.restricted(allow: try allow.map(Endpoint.init(parsing:)), listen: []))
    #expect(
      plan.doors.map(\.inside) == [
        .v4([127, 77, 0, 1]), .v4([127, 77, 0, 1]), .v4([127, 77, 0, 2]), .loopback, .v4([10, 1, 2, 3]),
      ]
    )
    #expect(plan.doors.map { "\($0.target)" } == Array(allow.prefix(5)))
    #expect(plan.hosts.map(\.name) == ["a.example", "b.example"])
    #expect(plan.hosts.map(\.address) == ["127.77.0.1", "127.77.0.2"])
  }

  @Test func plansWhereWhatComesInIsHandedTo() throws {
    let listen = try ["127.0.0.1:8090", "0.0.0.0:8091", "[::]:8092", "192.0.2.7:8093", "hooks.example:8094"].map(Endpoint.init(parsing:))
    let plan = NetworkPlan(.restricted(allow: [], listen: listen))
    let six = InternetAddress.v6([UInt8](repeating: 0, count: 15) + [1])
    #expect(plan.hatches.map(\.inside) == [.loopback, .loopback, six, .v4([192, 0, 2, 7]), .loopback])
  }

  @Test func hasNoWayThroughForOthers() {
    #expect(NetworkPlan(.none) == NetworkPlan(.host))
    #expect(NetworkPlan(.none).doors.isEmpty && NetworkPlan(.none).hatches.isEmpty)
  }
}
