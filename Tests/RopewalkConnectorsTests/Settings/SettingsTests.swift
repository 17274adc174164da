import NIOPosix
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct SettingsTests {
  private let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: .testing)

  @Test func describesEveryConnector() throws {
    let metadata = connectors.metadata()
    #expect(metadata.map { $0.supportedTypes[0] } == ["http-webhook", "file", "stdio", "timer", "generate", "http", "file", "stdio"])
    #expect(Set(metadata.map(\.id)).count == metadata.count)
    for connector in metadata {
      #expect(connector.configSchema["type"] == "object")
      #expect(connector.configSchema["additionalProperties"] == false)
      for member in try #require(connector.configSchema["properties"]?.object).members {
        #expect(member.value["description"]?.string?.isEmpty == false, "\(connector.id).\(member.key)")
      }
    }
  }

  @Test func derivesTheSchemaFromTheDeclaration() {
    let schema = HTTPSettings.schema
    #expect(schema["required"] == ["url"])
    #expect(schema["properties"]?["method"]?["default"] == "POST")
    #expect(schema["properties"]?["auth"]?["properties"]?["basic"]?["required"] == ["username", "password"])
    #expect(WebhookSettings.schema["properties"]?["maxBodySize"]?["default"] == "1Mi")
    #expect(WebhookSettings.schema["properties"]?["listen"]?["default"] == "127.0.0.1:8080")
    #expect(FileSourceSettings.schema["properties"]?["mode"]?["enum"] == ["lines", "whole"])
  }

  @Test func knowsItsTypes() {
    for role in ConnectorRole.allCases {
      for type in BuiltInConnectors.types(for: role) { #expect(connectors.make(type: type, role: role)?.metadata.supportedTypes == [type]) }
    }
    #expect(connectors.make(type: "http", role: .incoming) == nil)
    #expect(connectors.make(type: "timer", role: .outgoing) == nil)
    #expect(connectors.make(type: "kafka", role: .incoming) == nil)
  }

  @Test func treatsNullAsLeftOut() {
    let settings: JSONObject = ["endpoint": "/a", "listen": .null, "tls": .null]
    #expect(WebhookSettings.read(settings).problems == [])
    #expect(WebhookSettings.read(["endpoint": .null]).problems.map(\.path) == [["endpoint"]])
  }

  /// Quotes make a string of a number, not of a list.
  @Test func saysWhatMakesAString() {
    for (value, remedy) in [(8080, "put it in quotes"), (["127.0.0.1:8080"], "write a single one")] as [(JSON, String)] {
      #expect(WebhookSettings.read(["endpoint": "/a", "listen": value]).problems.map(\.remedy) == [remedy])
    }
  }

  @Test(arguments: [
    ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65535), ("0.0.0.0:80", "0.0.0.0", 80),
  ])
  func parsesListenAddresses(text: String, host: String, port: Int) {
    #expect(ListenAddress(parsing: text) == ListenAddress(host: host, port: port))
    #expect(ListenAddress(parsing: text)?.description == text)
  }

  @Test(arguments: ["", "8080", ":8080", "a:", "a:65536", "a:-1", "::1:8080", "[a]:80", "a:b:80"])
  func refusesListenAddresses(text: String) {
    #expect(ListenAddress(parsing: text) == nil)
  }

  @Test(arguments: ["connect", "send", "receive"])
  func failsClearlyWhenMisused(action: String) async throws {
    for role in ConnectorRole.allCases {
      for type in BuiltInConnectors.types(for: role) {
        let connector = try #require(connectors.make(type: type, role: role))
        #expect(await connector.health() != .healthy)
        await #expect(throws: ConnectionError.self) {
          switch action {
          case "connect": try await connector.connect(ConnectionConfiguration(name: "x", type: type, settings: ["no such key": 1]))
          case "send": try await connector.send(Message(payload: []))
          default: try await connector.receive(into: CollectingInbox().inbox)
          }
        }
        await connector.disconnect()
      }
    }
  }

  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sat, 29 Feb 2020 23:59:59 GMT", 1_583_020_799),
  ])
  func readsAndWritesHTTPDates(text: String, seconds: Int64) {
    #expect(HTTPDate.parse(text) == Timestamp(nanoseconds: seconds * 1_000_000_000))
    #expect(HTTPDate.text(of: Timestamp(nanoseconds: seconds * 1_000_000_000)) == text)
  }

  @Test func readsRetryAfter() {
    let now = Timestamp(nanoseconds: 784_111_700_000_000_000)
    #expect(RetryAfter.parse("120", now: now) == .seconds(120))
    #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:49:37 GMT", now: now) == .seconds(77))
    #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:00:00 GMT", now: now) == .zero)
    #expect(RetryAfter.parse("99999999999", now: now) == .seconds(86_400))
    for text in ["", "-1", "soon", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"] {
      #expect(RetryAfter.parse(text, now: now) == nil)
    }
  }

  @Test(arguments: ["a.example", "*.example", "A.Example."])
  func matchesCertificateNames(name: String) {
    #expect(ServerName("a.example").matches(name.lowercased()))
    #expect(!ServerName("a.b.example").matches(name.lowercased()))
    #expect(!ServerName("example").matches(name.lowercased()))
  }
}
