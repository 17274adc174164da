import FoundationEssentials
import RopewalkCore
import Testing

@testable import RopewalkConnector

struct HostExchangeStateMachineTests {
  private typealias Machine = HostExchangeStateMachine<String>

  private static let limits = ExchangeLimits(maxInlinePayload: 10, maxPayload: 100, windowMessages: 4, windowBytes: 40)

  private static func machine(_ ends: ConnectionEnds = [.incoming, .outgoing]) -> Machine {
    Machine(Machine.Opening(connectionID: "c", ends: ends, limits: limits, waitingLimit: 8, positionLimit: 8))
  }

  /// One that is open, with credit of the connector's.
  private static func open(
    _ ends: ConnectionEnds = [.incoming, .outgoing],
    messages: UInt32 = 4,
    bytes: UInt64 = 40
  ) throws -> Machine {
    var machine = machine(ends)
    guard case .open = machine.next() else { throw Unexpected() }
    guard case .opened = try machine.received(.opened(messages: messages, bytes: bytes)) else { throw Unexpected() }
    return machine
  }

  private struct Unexpected: Error {}

  private static func message(_ id: String, size: Int = 1) -> RopewalkCore.Message {
    RopewalkCore.Message(id: id, payload: [UInt8](repeating: 7, count: size))
  }

  private static func send(_ machine: inout Machine, _ id: String, size: Int = 1) -> UInt64 {
    let number = id.utf8.reduce(UInt64(0)) { $0 &* 256 &+ UInt64($1) }
    let refusal = machine.send(message(id, size: size), id: number, ticket: id)
    #expect(refusal == nil)
    return number
  }

  @Test("Nothing is sent before the connector has opened the stream and given credit")
  func waitsForCredit() throws {
    var machine = Self.machine()
    guard case .open(let opening) = machine.next() else { throw Unexpected() }
    #expect(opening.connectionID == "c")
    _ = Self.send(&machine, "a")
    #expect(machine.isQuiet)
    guard case .opened = try machine.received(.opened(messages: 0, bytes: 0)) else { throw Unexpected() }
    #expect(machine.isQuiet)
    _ = try machine.received(.credit(messages: 1, bytes: 100))
    #expect(machine.hasNext)
    guard case .batch(let batch) = machine.next() else { throw Unexpected() }
    #expect(batch.map(\.sequence) == [1])
    #expect(machine.isQuiet)
  }

  @Test("What came while the last frame was written shares the next, as far as credit reaches")
  func batches() throws {
    var machine = try Self.open(messages: 3)
    for id in ["a", "b", "c", "d"] { _ = Self.send(&machine, id) }
    guard case .batch(let batch) = machine.next() else { throw Unexpected() }
    #expect(batch.map(\.message.id) == ["a", "b", "c"])
    #expect(batch.map(\.sequence) == [1, 2, 3])
    #expect(machine.isQuiet)
    guard case .outcomes(let outcomes) = try machine.received(.outcomes([2, 1], failing: [1])) else { throw Unexpected() }
    #expect(outcomes.map(\.0) == ["b", "a"])
    #expect(outcomes.map { $0.1?.code } == [nil, .rejected])
    #expect(machine.isQuiet, "an outcome is no credit")
    _ = try machine.received(.credit(messages: 2, bytes: 2))
    guard case .batch(let rest) = machine.next() else { throw Unexpected() }
    #expect(rest.map(\.sequence) == [4])
  }

  @Test("A payload that is larger than a frame follows in chunks, and small messages go between them")
  func chunks() throws {
    var machine = try Self.open(bytes: 100)
    _ = Self.send(&machine, "large", size: 25)
    guard case .batch(let first) = machine.next() else { throw Unexpected() }
    #expect(first.map(\.chunkedLength) == [25])
    #expect(first[0].message.payload.isEmpty)
    _ = Self.send(&machine, "small")
    guard case .chunk(let one) = machine.next(), case .batch(let small) = machine.next(), case .chunk(let two) = machine.next(),
      case .chunk(let three) = machine.next()
    else { throw Unexpected() }
    #expect([one, two, three].map(\.data.count) == [10, 10, 5])
    #expect(small.map(\.message.id) == ["small"])
    #expect(machine.isQuiet)
  }

  @Test("A message larger than all credit goes when nothing else is under way")
  func largerThanCredit() throws {
    var machine = try Self.open(bytes: 5)
    _ = Self.send(&machine, "a", size: 2)
    _ = Self.send(&machine, "large", size: 9)
    guard case .batch(let first) = machine.next() else { throw Unexpected() }
    #expect(first.map(\.message.id) == ["a"])
    #expect(machine.isQuiet)
    _ = try machine.received(.outcomes([1]))
    guard case .batch(let second) = machine.next() else { throw Unexpected() }
    #expect(second.map(\.message.id) == ["large"])
  }

  @Test("An outcome for a message that was not sent, or a second one, breaks the contract", arguments: [[7], [1, 1], [0]] as [[UInt64]])
  func unknownOutcome(sequences: [UInt64]) throws {
    var machine = try Self.open()
    _ = Self.send(&machine, "a")
    _ = machine.next()
    #expect(throws: ProtocolViolation.self) { try machine.received(.outcomes(sequences)) }
    #expect(machine.end().underWay == ["a"], "nobody is forgotten")
  }

  @Test("A message that is given up before it was sent is not sent; one under way is cancelled, and a late outcome ignored")
  func cancel() throws {
    var machine = try Self.open(messages: 1)
    let first = Self.send(&machine, "a")
    let second = Self.send(&machine, "b")
    _ = machine.next()
    #expect(machine.cancel(second) == "b")
    #expect(machine.cancel(first) == "a")
    #expect(machine.cancel(first) == nil)
    guard case .cancel(1) = machine.next() else { throw Unexpected() }
    #expect(machine.isQuiet)
    guard case .outcomes(let outcomes) = try machine.received(.outcomes([1])) else { throw Unexpected() }
    #expect(outcomes.isEmpty)
    #expect(throws: ProtocolViolation.self, "once is enough") { try machine.received(.outcomes([1])) }
  }

  @Test("What was cancelled long ago is forgotten, and its outcome still ignored")
  func manyCancelled() throws {
    var machine = try Self.open(messages: 10_000, bytes: 10_000)
    for index in 1...5000 {
      let id = Self.send(&machine, "\(index)")
      _ = machine.next()
      #expect(machine.cancel(id) == "\(index)")
      _ = machine.next()
    }
    guard case .outcomes(let outcomes) = try machine.received(.outcomes([1, 5000])) else { throw Unexpected() }
    #expect(outcomes.isEmpty)
    #expect(throws: ProtocolViolation.self) { try machine.received(.outcomes([5001])) }
  }

  @Test("Chunks of a message that is given up stop")
  func cancelChunks() throws {
    var machine = try Self.open(bytes: 100)
    let id = Self.send(&machine, "large", size: 30)
    _ = machine.next()
    guard case .chunk = machine.next() else { throw Unexpected() }
    #expect(machine.cancel(id) == "large")
    guard case .cancel(1) = machine.next() else { throw Unexpected() }
    #expect(machine.isQuiet)
  }

  @Test("A payload beyond the limit and a queue that is full are refused before anything is sent")
  func refusedAtOnce() throws {
    var machine = try Self.open(messages: 0)
    #expect(machine.send(Self.message("x", size: 101), id: 1, ticket: "x")?.code == .rejected)
    for index in 0..<8 { _ = Self.send(&machine, "\(index)") }
    let refusal = machine.send(Self.message("y"), id: 1, ticket: "y")
    #expect(refusal?.code == .rateLimited && refusal?.recoverable == true)
  }

  @Test("Received messages get receipts, and half of the window at a time is given back")
  func receipts() throws {
    var machine = try Self.open()
    guard case .messages(let arrivals) = try machine.received(.received([("a", 1), ("b", 2), ("c", 3)])) else { throw Unexpected() }
    #expect(arrivals.map(\.sequence) == [1, 2, 3])
    #expect(machine.acceptance(.accepted, of: 2) == nil)
    guard case .receipts(let first) = machine.next() else { throw Unexpected() }
    #expect(first.map(\.sequence) == [2] && first.map(\.outcome) == [.accepted])
    #expect(machine.isQuiet)
    _ = machine.acceptance(.refused(Refusal(.full, "full", retryAfter: .seconds(3))), of: 1)
    guard case .receipts(let second) = machine.next(), case .credit(2, let bytes) = machine.next() else { throw Unexpected() }
    #expect(second.map { Acceptance(wire: $0) } == [.refused(Refusal(.full, "full", retryAfter: .seconds(3)))])
    #expect(bytes == 0)
    #expect(machine.acceptance(.accepted, of: 1) == nil)
    #expect(machine.isQuiet, "a second answer of the host's own is none")
  }

  @Test("What is too large is settled, and INVALID on the wire")
  func tooLarge() throws {
    var machine = try Self.open([.incoming])
    _ = try machine.received(.received([("a", 1)], position: true))
    #expect(machine.acceptance(.refused(Refusal(.tooLarge, "large")), of: 1) == [1])
    guard case .receipts(let receipts) = machine.next() else { throw Unexpected() }
    #expect(receipts.map(\.outcome) == [.invalid] && receipts.allSatisfy { !$0.hasRetryAfter })
  }

  @Test("Messages out of order, beyond the credit, too large or on a stream that takes none break the contract")
  func lies() throws {
    func violation(_ ends: ConnectionEnds = [.incoming], _ frames: WireConnectorFrame...) throws -> ProtocolViolation? {
      var machine = try Self.open(ends)
      return #expect(throws: ProtocolViolation.self) { for frame in frames { _ = try machine.received(frame) } }
    }
    _ = try violation([.incoming], .received([("a", 2)]))
    _ = try violation([.incoming], .received([("a", 1), ("b", 1)]))
    _ = try violation([.incoming], .received([("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)]))
    _ = try violation([.incoming], .received([("a", 1)], payload: 11))
    _ = try violation([.incoming], .received([("a", 1)], chunkedLength: 1 << 30))
    _ = try violation([.incoming], .received([("a", 1)], payload: 1, chunkedLength: 20))
    _ = try violation([.outgoing], .received([("a", 1)]))
    _ = try violation([.incoming], .opened(messages: 1, bytes: 1))
    _ = try violation([.incoming], .ended(), .ended())
    _ = try violation([.incoming], .ended(), .received([("a", 1)]))
    _ = try violation([.incoming], .credit(messages: .max, bytes: .max))
    _ = try violation([.incoming], .chunk(1, size: 1))
    _ = try violation([.incoming], .received([("a", 1)], chunkedLength: 12), .chunk(1, size: 10), .chunk(1, size: 3))
    _ = try violation([.incoming], .received([("a", 1)], chunkedLength: 12), .chunk(1, size: 0))
    _ = try violation([.incoming], .received([("a", 1)], chunkedLength: 12), .chunk(2, size: 1))
    let text = try violation([.incoming], .received([("a", 1)], chunkedLength: 1 << 30))?.description
    #expect(text == "message 1 announces 1073741824 bytes, and 100 are allowed")
  }

  @Test("The first frame must say that the stream is open")
  func firstFrame() throws {
    var machine = Self.machine()
    _ = machine.next()
    #expect(throws: ProtocolViolation.self) { try machine.received(.credit(messages: 1, bytes: 1)) }
  }

  @Test("A chunked message is complete with its last chunk, whatever comes between")
  func assembles() throws {
    var machine = try Self.open()
    guard case .messages(let none) = try machine.received(.received([("large", 1)], chunkedLength: 12)),
      case .messages(let small) = try machine.received(.received([("small", 2)])),
      case .messages(let part) = try machine.received(.chunk(1, size: 10)),
      case .messages(let whole) = try machine.received(.chunk(1, size: 2))
    else { throw Unexpected() }
    #expect(none.isEmpty && part.isEmpty)
    #expect(small.map(\.message.id) == ["small"] && small[0].message.payload.isEmpty)
    #expect(whole.map(\.message.id) == ["large"] && whole[0].message.payload.count == 12)
  }

  @Test("Finishing lets everything be sent, then says so, and then only receipts are written")
  func finish() throws {
    var machine = try Self.open(messages: 1)
    _ = Self.send(&machine, "a")
    _ = Self.send(&machine, "b")
    _ = try machine.received(.received([("x", 1)]))
    machine.finish()
    #expect(machine.send(Self.message("late"), id: 1, ticket: "late")?.code == .connectionFailed)
    guard case .batch = machine.next() else { throw Unexpected() }
    #expect(machine.isQuiet)
    _ = try machine.received(.credit(messages: 1, bytes: 1))
    guard case .batch = machine.next(), case .finish = machine.next() else { throw Unexpected() }
    #expect(machine.isQuiet)
    _ = machine.acceptance(.accepted, of: 1)
    guard case .receipts = machine.next() else { throw Unexpected() }
    #expect(Set(machine.end().underWay) == ["a", "b"])
    #expect(machine.isQuiet && machine.isEnded)
  }

  @Test("After the source's end a stream that only receives is finished, once each message has its receipt")
  func sourceEnds() throws {
    var machine = try Self.open([.incoming])
    _ = try machine.received(.received([("x", 1)]))
    guard case .sourceEnded(nil) = try machine.received(.ended()) else { throw Unexpected() }
    #expect(machine.isQuiet)
    _ = machine.acceptance(.accepted, of: 1)
    guard case .receipts = machine.next(), case .finish = machine.next() else { throw Unexpected() }
  }

  @Test("The position moves when all messages before it are the host's")
  func positions() throws {
    var machine = try Self.open([.incoming])
    _ = try machine.received(.received([("a", 1), ("b", 2), ("c", 3)], position: true))
    #expect(machine.acceptance(.accepted, of: 2) == nil)
    #expect(machine.acceptance(.duplicate, of: 1) == [2])
    #expect(machine.acceptance(.refused(Refusal(.unavailable, "")), of: 3) == nil)
    _ = try machine.received(.received([("c", 4)], position: true))
    #expect(machine.acceptance(.accepted, of: 4) == [3])
  }
}

extension WireConnectorFrame {
  static func opened(messages: UInt32, bytes: UInt64) -> Self {
    var frame = Self()
    frame.opened.credit.messages = messages
    frame.opened.credit.bytes = bytes
    return frame
  }

  static func credit(messages: UInt32, bytes: UInt64) -> Self {
    var frame = Self()
    frame.credit.messages = messages
    frame.credit.bytes = bytes
    return frame
  }

  static func outcomes(_ sequences: [UInt64], failing: Set<UInt64> = []) -> Self {
    var frame = Self()
    frame.outcomes.outcomes = sequences.map { sequence in
      var outcome = WireOutcome()
      outcome.sequence = sequence
      if failing.contains(sequence) { outcome.error = WireError(ConnectionError(.rejected, "no")) }
      return outcome
    }
    return frame
  }

  static func received(_ messages: [(String, UInt64)], payload: Int = 0, chunkedLength: UInt64 = 0, position: Bool = false) -> Self {
    var frame = Self()
    frame.received.messages = messages.map { id, sequence in
      var message = WireIncomingMessage()
      message.sequence = sequence
      message.message.id = id
      message.message.payload = Data(repeating: 1, count: payload)
      message.chunkedLength = chunkedLength
      if position { message.position = Data([UInt8(sequence)]) }
      return message
    }
    return frame
  }

  static func chunk(_ sequence: UInt64, size: Int) -> Self {
    var frame = Self()
    frame.chunk.sequence = sequence
    frame.chunk.data = Data(repeating: 2, count: size)
    return frame
  }

  static func ended() -> Self {
    var frame = Self()
    frame.ended = WireEnded()
    return frame
  }
}

extension HostExchangeStateMachine {
  fileprivate mutating func received(_ frame: WireConnectorFrame) throws(ProtocolViolation) -> Event { try received(ConnectorFrame(frame)) }

  /// There is nothing to write, and it says so in both ways.
  fileprivate var isQuiet: Bool {
    var copy = self
    return !hasNext && copy.next() == nil
  }
}
