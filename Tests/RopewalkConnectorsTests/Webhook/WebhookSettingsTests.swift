import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct WebhookSettingsTests {
  @Test func saysEverythingThatIsWrongWithItsSettings() async {
    let settings: JSONObject = [
      "listen": "8080", "endpiont": "/a", "methods": [], "maxBodySize": "1 MB", "tls": ["certificate": "a"],
      "signature": ["scheme": "githup", "tolerance": "0s"], "maxConnections": "many", "bodyTimeout": 5,
    ]
    let connector = WebhookConnector(registry: ListenerRegistry(group: WebhookFixture.group))
    let problems = await connector.validate(ConnectionConfiguration(name: "a", type: "http-webhook", settings: settings))
    #expect(
      Set(problems.map { $0.path.joined(separator: ".") }) == [
        "listen", "endpiont", "methods", "maxBodySize", "tls.key", "signature.scheme", "signature.secret",
        "signature.tolerance",
        "maxConnections", "bodyTimeout",
      ]
    )
    #expect(problems.first { $0.path == ["endpiont"] }?.remedy.hasPrefix("did you mean 'endpoint'?") == true)
    #expect(problems.first { $0.path == ["signature", "scheme"] }?.remedy.hasPrefix("did you mean 'github'?") == true)
  }

  @Test(arguments: ["orders", "/a?b", "/a b", "/:", "/:a/:A", ""])
  func refusesEndpoints(endpoint: String) {
    #expect(WebhookSettings.read(["endpoint": .string(endpoint)]).problems.map(\.path) == [["endpoint"]])
  }

  @Test(
    arguments: [
      ("/a", "/a", []), ("/", "/", []), ("/:x", "/b", ["b"]), ("/:x", "/", nil), ("/:x", "/b/c", nil),
      ("/a/:x/c/:y", "/a/1/c/2", ["1", "2"]),
      ("/a/:x", "/a/%41%2F", ["A/"]), ("/a/:x", "/a/%zz", nil), ("/a/:x", "/a/%0d%0a", nil), ("/a/", "/a/", []), ("/a/", "/a", nil),
    ] as [(String, String, [String]?)]
  )
  func matchesPaths(pattern: String, path: String, captures: [String]?) throws {
    #expect(try EndpointPath(parsing: pattern).captures(in: path[...])?.map(\.value) == captures)
  }
}
