import FoundationEssentials
import GRPCCore
import RopewalkCore
import SwiftProtobuf
import Testing

@testable import RopewalkConnector

/// Frames as they are written and read here, held against SwiftProtobuf.
struct FrameCodingTests {
  private typealias HostPlan = HostExchangeStateMachine<Int>.Plan
  private typealias ConnectorPlan = ConnectorExchangeStateMachine<Int>.Plan

  private static func encoded(_ plan: HostPlan) throws -> [UInt8] { try HostFrameSerializer<Int>().serialize(plan) }
  private static func encoded(_ plan: ConnectorPlan) throws -> [UInt8] { try ConnectorFrameSerializer<Int>().serialize(plan) }

  /// Each field in every length, the empty one too.
  private static func message(using random: inout SeededGenerator) -> RopewalkCore.Message {
    func text(_ random: inout SeededGenerator) -> String {
      let length = Int.random(in: 0...([0, 10, 200].randomElement(using: &random) ?? 0), using: &random)
      return String(repeating: ["a", "é", "漢", "🪢"].randomElement(using: &random) ?? "a", count: length)
    }
    let fields = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      MessageHeaders.Field(name: text(&random), value: text(&random))
    }
    return RopewalkCore.Message(
      id: text(&random),
      payload: [UInt8](repeating: 7, count: Int.random(in: 0...3000, using: &random)),
      contentType: text(&random),
      metadata: MessageMetadata(
        customerID: text(&random),
        tenantID: text(&random),
        integrationID: text(&random),
        source: text(&random),
        destination: text(&random),
        correlationID: text(&random),
        traceID: text(&random)
      ),
      headers: MessageHeaders(fields),
      timestamp: Timestamp(nanoseconds: Int64.random(in: -1 << 62...1 << 62, using: &random))
    )
  }

  private static func departures(using random: inout SeededGenerator) -> [Departure] {
    (0..<20).map { _ in
      let position = [UInt8](repeating: 9, count: Int.random(in: 0...300, using: &random))
      let chunkedLength = Bool.random(using: &random) ? 0 : Int.random(in: 0...1 << 30, using: &random)
      return Departure(
        sequence: UInt64.random(in: 0...UInt64.max >> UInt64.random(in: 0...63, using: &random), using: &random),
        parcel: Parcel(message(using: &random), position: position),
        chunkedLength: chunkedLength
      )
    }
  }

  private static func wire(_ departures: [Departure]) -> WireConnectorFrame {
    var frame = WireConnectorFrame()
    frame.received.messages = departures.map { departure in
      var message = WireIncomingMessage()
      message.sequence = departure.sequence
      message.message = WireMessage(departure.message)
      message.position = Data(departure.position)
      message.chunkedLength = UInt64(departure.chunkedLength)
      return message
    }
    return frame
  }

  @Test("Messages are written as SwiftProtobuf writes them, and read as they were", arguments: [1, 2, 3] as [UInt64])
  func messages(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let departures = Self.departures(using: &random)
    let fromConnector = try Self.encoded(ConnectorPlan.batch(departures))
    let expectedOfConnector: [UInt8] = try Self.wire(departures).serializedBytes()
    #expect(fromConnector == expectedOfConnector)
    #expect(Self.isReadStraight(byHost: fromConnector))
    guard case .messages(let received) = try ConnectorFrameDeserializer().deserialize(fromConnector) else { throw Unexpected() }
    #expect(received.map(\.sequence) == departures.map(\.sequence))
    #expect(received.map(\.message) == departures.map(\.message))
    #expect(received.map(\.position) == departures.map(\.position))
    #expect(received.map(\.chunkedLength) == departures.map { UInt64($0.chunkedLength) })

    let outgoing = departures.map { departure in
      Departure(sequence: departure.sequence, parcel: Parcel(departure.message, position: []), chunkedLength: departure.chunkedLength)
    }
    var frame = WireHostFrame()
    frame.send.messages = outgoing.map { departure in
      var message = WireOutgoingMessage()
      message.sequence = departure.sequence
      message.message = WireMessage(departure.message)
      message.chunkedLength = UInt64(departure.chunkedLength)
      return message
    }
    let fromHost = try Self.encoded(HostPlan.batch(outgoing))
    let expectedOfHost: [UInt8] = try frame.serializedBytes()
    #expect(fromHost == expectedOfHost)
    #expect(Self.isReadStraight(byConnector: fromHost))
    guard case .messages(let sent) = try HostFrameDeserializer().deserialize(fromHost) else { throw Unexpected() }
    #expect(sent.map(\.message) == outgoing.map(\.message))
    #expect(sent.map(\.chunkedLength) == outgoing.map { UInt64($0.chunkedLength) })
  }

  private struct Unexpected: Error {}

  /// Whether a frame is read without SwiftProtobuf.
  private static func isReadStraight(byHost frame: [UInt8]) -> Bool {
    frame.withUnsafeBytes { (try? ConnectorFrame(batch: $0)) != nil }
  }

  private static func isReadStraight(byConnector frame: [UInt8]) -> Bool {
    frame.withUnsafeBytes { (try? HostFrame(batch: $0)) != nil }
  }

  @Test("Answers are written as SwiftProtobuf writes them, and read as they were, with and without a reason")
  func answers() throws {
    let refusal = Acceptance.refused(Refusal(.full, "full", retryAfter: .milliseconds(1500)))
    let receipts: [[Acceptance]] = [[.accepted, .duplicate], [.accepted, refusal, .refused(Refusal(.tooLarge, ""))]]
    for acceptances in receipts {
      var frame = WireHostFrame()
      frame.receipts.receipts = acceptances.enumerated().map { WireReceipt($1, sequence: UInt64($0 * 200)) }
      let bytes = try Self.encoded(HostPlan.receipts(frame.receipts.receipts))
      let expected: [UInt8] = try frame.serializedBytes()
      #expect(bytes == expected)
      guard case .receipts(let receipts) = try HostFrameDeserializer().deserialize(bytes) else { throw Unexpected() }
      #expect(receipts == frame.receipts.receipts)
      let isOrdinary = receipts.allSatisfy { $0.reason.isEmpty && !$0.hasRetryAfter }
      #expect(Self.isReadStraight(byConnector: bytes) == isOrdinary)
    }
    let outcomes: [[ConnectionError?]] = [[nil, nil], [nil, ConnectionError(.rejected, "no", retryAfter: .seconds(1))]]
    for errors in outcomes {
      var frame = WireConnectorFrame()
      frame.outcomes.outcomes = errors.enumerated().map { index, error in
        var outcome = WireOutcome()
        outcome.sequence = UInt64(index * 200)
        if let error { outcome.error = WireError(error) }
        return outcome
      }
      let bytes = try Self.encoded(ConnectorPlan.outcomes(frame.outcomes.outcomes))
      let expected: [UInt8] = try frame.serializedBytes()
      #expect(bytes == expected)
      guard case .outcomes(let outcomes) = try ConnectorFrameDeserializer().deserialize(bytes) else { throw Unexpected() }
      #expect(outcomes == frame.outcomes.outcomes)
      let isOrdinary = outcomes.allSatisfy { !$0.hasError }
      #expect(Self.isReadStraight(byHost: bytes) == isOrdinary)
    }
  }

  @Test("A chunk is written as SwiftProtobuf writes it")
  func chunk() throws {
    let chunk = DepartingChunk(sequence: 300, data: [UInt8](repeating: 1, count: 1000)[10...])
    var frame = WireHostFrame()
    frame.chunk.sequence = 300
    frame.chunk.data = Data(chunk.data)
    // The same in both directions.
    let expected: [UInt8] = try frame.serializedBytes()
    let written = try [Self.encoded(HostPlan.chunk(chunk)), Self.encoded(ConnectorPlan.chunk(chunk))]
    #expect(written == [expected, expected])
  }

  @Test("What a later version, a lying peer or another library writes is read as SwiftProtobuf reads it", arguments: [4, 5, 6] as [UInt64])
  func changedBytes(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bounded = BoundedDeserializer<WireConnectorFrame>(repeated: [[2, 1], [2, 1, 2, 5], [4, 1]])
    var outcomes = WireConnectorFrame()
    outcomes.outcomes.outcomes = (0..<10).map { index in WireOutcome.with { $0.sequence = UInt64(index) } }
    let messages = Self.wire(Array(Self.departures(using: &random).prefix(2)))
    let frames: [[UInt8]] = [try messages.serializedBytes(), try outcomes.serializedBytes()]
    var (taken, refused) = (0, 0)
    for _ in 0..<5000 {
      var bytes = frames.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        // Payloads are most of a frame: half of the changes are made in its first bytes.
        let index = Int.random(in: 0..<(Bool.random(using: &random) ? bytes.count : min(100, bytes.count)), using: &random)
        bytes[index] = UInt8.random(in: 0...255, using: &random)
      }
      if Int.random(in: 0..<10, using: &random) == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
      let expected = try? Self.content(ConnectorFrame(bounded.deserialize(bytes)))
      let theirs = try? Self.content(ConnectorFrame(WireConnectorFrame(serializedBytes: bytes)))
      do {
        let read = try Self.content(ConnectorFrameDeserializer().deserialize(bytes))
        #expect(read == expected)
        #expect(read == theirs)
        taken += 1
      } catch {
        #expect(expected == nil)
        // What they take is refused for a reason of our own alone.
        #expect(theirs == nil || error is ProtocolViolation)
        refused += 1
      }
    }
    #expect(taken > 500 && refused > 500)
  }

  private struct Content: Equatable {
    var messages: [RopewalkCore.Message] = []
    var positions: [[UInt8]] = []
    var numbers: [[UInt64]] = []
    var other = ""
  }

  /// All of a frame but the time, which is the reader's where none came.
  private static func content(_ frame: ConnectorFrame) -> Content {
    guard case .messages(let arrivals) = frame else { return Content(other: "\(frame)") }
    let messages = arrivals.map { arrival in
      var message = arrival.message
      message.timestamp = Timestamp(nanoseconds: 0)
      return message
    }
    return Content(
      messages: messages,
      positions: arrivals.map(\.position),
      numbers: arrivals.map { [$0.sequence, $0.chunkedLength] }
    )
  }
}
