import GoPlugin
import Testing

struct HandshakeLineTests {
  @Test("A line has four to seven fields, of which a host can use those from the fifth on")
  func fields() throws {
    let line = try HandshakeLine(parsing: "1|3|unix|/tmp/plugin|grpc")
    #expect(line == HandshakeLine(protocolVersion: 3, address: .unix(path: "/tmp/plugin")))
    #expect(try HandshakeLine(parsing: " 1|3|unix|/tmp/plugin|grpc|\r") == line)
    #expect(try HandshakeLine(parsing: "1|3|unix|/tmp/plugin|grpc||false") == line)
    #expect(try HandshakeLine(parsing: "1|3|unix|/tmp/plugin|grpc||true|more").supportsMultiplexing)
  }

  @Test(
    "Addresses are Unix sockets or TCP",
    arguments: [
      ("unix|/a", PluginAddress.unix(path: "/a")), ("tcp|127.0.0.1:10000", .tcp(host: "127.0.0.1", port: 10000)),
      ("tcp|[::1]:7", .tcp(host: "::1", port: 7)),
    ]
  )
  func addresses(text: String, address: PluginAddress) throws {
    let line = try HandshakeLine(parsing: "1|1|\(text)|grpc")
    #expect(line.address == address)
    #expect(line.text == "1|1|\(text)|grpc|")
  }

  @Test("A certificate is base64 without padding; a short field is what old plugins have there", arguments: 51...53)
  func certificate(length: Int) throws {
    let line = HandshakeLine(
      protocolVersion: 1,
      address: .unix(path: "/a"),
      certificate: (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) },
      supportsMultiplexing: true
    )
    #expect(!line.text.contains("="))
    #expect(try HandshakeLine(parsing: line.text) == line)
    #expect(try HandshakeLine(parsing: "1|1|unix|/a|grpc|short and not base64").certificate == nil)
  }

  @Test(
    "What is wrong with a line is said",
    arguments: [
      ("", GoPluginError.Code.unexpectedOutput), ("hello", .unexpectedOutput), ("a|b|c|d|e", .unexpectedOutput),
      ("1|2|unix", .unexpectedOutput), ("|1|unix|/a|grpc", .unexpectedOutput),
      ("2|1|unix|/a|grpc", .unsupportedProtocol), ("1|1|unix|/a", .unsupportedProtocol),
      ("1|1|unix|/a|netrpc", .unsupportedProtocol), ("1|1|unix|/a|", .unsupportedProtocol),
      ("1||unix|/a|grpc", .malformedHandshake), ("1|x|unix|/a|grpc", .malformedHandshake),
      ("1|-1|unix|/a|grpc", .malformedHandshake), ("1|99999999999999999999|unix|/a|grpc", .malformedHandshake),
      ("1|1|udp|/a|grpc", .malformedHandshake), ("1|1|unix||grpc", .malformedHandshake),
      ("1|1|unix|/\(String(repeating: "a", count: 107))|grpc", .malformedHandshake),
      ("1|1|tcp|localhost|grpc", .malformedHandshake), ("1|1|tcp|:80|grpc", .malformedHandshake),
      ("1|1|tcp|host:0|grpc", .malformedHandshake), ("1|1|tcp|host:65536|grpc", .malformedHandshake),
      ("1|1|unix|/a|grpc|\(String(repeating: "!", count: 51))", .malformedHandshake),
      ("1|1|unix|/a|grpc|\(String(repeating: "A", count: 53))", .malformedHandshake),
      ("1|1|unix|/a|grpc||maybe", .malformedHandshake),
    ]
  )
  func malformed(line: String, code: GoPluginError.Code) {
    let error = #expect(throws: GoPluginError.self) { try HandshakeLine(parsing: line) }
    #expect(error?.code == code)
  }
}
