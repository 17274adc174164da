import GRPCCore
import RopewalkCore
import SwiftProtobuf
import Testing

@testable import RopewalkConnector

/// What a connector may not write, though it is a frame for SwiftProtobuf.
struct FrameRefusalTests {
  private struct Unexpected: Error {}

  /// A field that nobody knows: a frame with it is left to SwiftProtobuf.
  private static let unknownField: [UInt8] = [0xa0, 0x06, 0x01]

  private static func encoded(_ frame: WireConnectorFrame) throws -> [UInt8] { try frame.serializedBytes() }

  @Test("A frame with more elements than may be is refused before they are decoded")
  func tooManyElements() throws {
    var frame = WireConnectorFrame()
    frame.outcomes.outcomes = [WireOutcome](repeating: WireOutcome(), count: 100_001)
    let bytes = try Self.encoded(frame)
    #expect(throws: ProtocolViolation.self) { try ConnectorFrameDeserializer().deserialize(bytes) }
    frame.outcomes.outcomes.removeLast()
    let most = try Self.encoded(frame)
    guard case .outcomes(let outcomes) = try ConnectorFrameDeserializer().deserialize(most) else { throw Unexpected() }
    #expect(outcomes.count == 100_000)
  }

  @Test("Headers count among the elements, whichever way the frame is read", arguments: [[], unknownField])
  func tooManyHeaders(rest: [UInt8]) throws {
    var message = WireIncomingMessage()
    message.message.headers = [WireHeader](repeating: WireHeader(), count: 99_999)
    var frame = WireConnectorFrame()
    frame.received.messages = [message]
    let most = try Self.encoded(frame) + rest
    guard case .messages(let arrivals) = try ConnectorFrameDeserializer().deserialize(most) else { throw Unexpected() }
    #expect(arrivals.map(\.message.headers.fields.count) == [99_999])
    frame.received.messages[0].message.headers.append(WireHeader())
    let tooMany = try Self.encoded(frame) + rest
    #expect(throws: ProtocolViolation.self) { try ConnectorFrameDeserializer().deserialize(tooMany) }
  }

  /// Field 31 as an empty group, which SwiftProtobuf takes, and as a number whose tag has six bytes, which it refuses too.
  @Test(
    "A group and an overlong tag, behind which nothing would be counted, are refused",
    arguments: [([0xfb, 0x01, 0xfc, 0x01], true), ([0xf8, 0x81, 0x80, 0x80, 0x80, 0x00, 0x01], false)] as [([UInt8], Bool)]
  )
  func uncounted(field: [UInt8], isTheirs: Bool) throws {
    var frame = WireConnectorFrame()
    frame.outcomes.outcomes = [WireOutcome()]
    let bytes = try field + Self.encoded(frame)
    let theirs = try? WireConnectorFrame(serializedBytes: bytes)
    #expect(theirs?.outcomes == (isTheirs ? frame.outcomes : nil))
    #expect(throws: ProtocolViolation.self) { try ConnectorFrameDeserializer().deserialize(bytes) }
  }
}
