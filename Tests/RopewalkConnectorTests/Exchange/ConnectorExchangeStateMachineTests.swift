import FoundationEssentials
import GRPCCore
import RopewalkCore
import Testing

@testable import RopewalkConnector

struct ConnectorExchangeStateMachineTests {
  private typealias Machine = ConnectorExchangeStateMachine<String>
  private struct Unexpected: Error {}

  private static func machine() -> Machine {
    Machine(limits: ExchangeLimits(maxInlinePayload: 1, maxPayload: 1, windowMessages: 4, windowBytes: 40), waitingLimit: 4)
  }

  private static func open(receives: Bool = true, credit: UInt32 = 4) throws -> Machine {
    var machine = machine()
    guard case .open(let open) = try machine.received(.open(credit: credit)), open.connectionID == "c" else { throw Unexpected() }
    machine.opened(nil, receives: receives)
    guard case .opened(nil, 4, 40) = machine.next() else { throw Unexpected() }
    return machine
  }

  private static func offer(_ machine: inout Machine, _ id: String, size: Int = 1) -> Refusal? {
    let message = RopewalkCore.Message(id: id, payload: [UInt8](repeating: 1, count: size))
    return machine.offer(message, position: [9], id: machine.nextID(), ticket: id)
  }

  @Test("The first frame opens, and only once")
  func opens() throws {
    var machine = Self.machine()
    #expect(throws: ProtocolViolation.self) { try machine.received(.send(1)) }
    machine = try Self.open()
    #expect(throws: ProtocolViolation.self) { try machine.received(.open(credit: 1)) }
  }

  @Test("A stream for a connection that is not open says so, and ends")
  func refused() throws {
    var machine = Self.machine()
    _ = try machine.received(.open(credit: 1))
    machine.opened(ConnectionError(.connectionFailed, "no"), receives: true)
    guard case .opened(let error?, _, _) = machine.next() else { throw Unexpected() }
    #expect(error.code == .connectionFailed)
    #expect(machine.next() == nil && machine.isEnded)
  }

  @Test("Messages from the host are answered once, and credit given back by halves")
  func answers() throws {
    var machine = try Self.open(receives: false)
    guard case .messages(let arrivals) = try machine.received(.send(1, 2, 3)) else { throw Unexpected() }
    #expect(arrivals.map(\.sequence) == [1, 2, 3])
    machine.sent(2, nil)
    machine.sent(1, ConnectionError(.rejected, "no"))
    machine.sent(1, nil)
    guard case .outcomes(let outcomes) = machine.next(), case .credit(2, 0) = machine.next() else { throw Unexpected() }
    #expect(outcomes.map(\.sequence) == [2, 1])
    #expect(outcomes.map(\.hasError) == [false, true])
    #expect(machine.next() == nil && !machine.hasNext)
  }

  @Test("What the host no longer waits for gets no outcome, and its credit goes back")
  func cancelled() throws {
    var machine = try Self.open(receives: false)
    _ = try machine.received(.send(1, 2))
    guard case .cancel(1) = try machine.received(.cancel(1)) else { throw Unexpected() }
    guard case .nothing = try machine.received(.cancel(1)) else { throw Unexpected() }
    #expect(machine.isAwaited(2) && !machine.isAwaited(1))
    machine.sent(1, nil)
    machine.sent(2, nil)
    guard case .outcomes(let outcomes) = machine.next(), case .credit(2, _) = machine.next() else { throw Unexpected() }
    #expect(outcomes.map(\.sequence) == [2])
  }

  @Test("Messages for the host wait for credit, with the host's bounds of payloads")
  func offers() throws {
    var machine = try Self.open(credit: 1)
    #expect(Self.offer(&machine, "a") == nil)
    #expect(Self.offer(&machine, "b", size: 25) == nil)
    #expect(Self.offer(&machine, "x", size: 101)?.reason == .tooLarge)
    guard case .batch(let first) = machine.next() else { throw Unexpected() }
    #expect(first.map(\.message.id) == ["a"] && first[0].position == [9])
    #expect(machine.next() == nil)
    _ = try machine.received(.credit(1))
    guard case .batch(let second) = machine.next() else { throw Unexpected() }
    #expect(second.map(\.chunkedLength) == [25])
    for size in [10, 10, 5] {
      guard case .chunk(let chunk) = machine.next() else { throw Unexpected() }
      #expect(chunk.data.count == size)
    }
    guard case .receipts(let receipts) = try machine.received(.receipts([1: .accepted, 2: .full])) else { throw Unexpected() }
    #expect(receipts.map(\.0).sorted() == ["a", "b"])
    #expect(throws: ProtocolViolation.self) { try machine.received(.receipts([1: .accepted])) }
  }

  @Test("Beyond the limit of waiting messages the inbox refuses")
  func waitingLimit() throws {
    var machine = try Self.open(credit: 0)
    for id in ["a", "b", "c", "d"] { #expect(Self.offer(&machine, id) == nil) }
    #expect(Self.offer(&machine, "e")?.reason == .full)
  }

  @Test("The source's end is told once all it handed over is sent")
  func sourceEnds() throws {
    var machine = try Self.open(credit: 0)
    _ = Self.offer(&machine, "a")
    machine.sourceEnded(nil)
    #expect(machine.next() == nil)
    _ = try machine.received(.credit(1))
    guard case .batch = machine.next(), case .sourceEnded(nil) = machine.next() else { throw Unexpected() }
    #expect(machine.next() == nil && !machine.hasNext)
  }

  @Test("Finishing waits for outcomes, receipts and the source, then ends the stream")
  func finish() throws {
    var machine = try Self.open(credit: 1)
    _ = try machine.received(.send(1))
    _ = Self.offer(&machine, "sent")
    _ = Self.offer(&machine, "waiting")
    guard case .batch = machine.next(), case .finish(let refused) = try machine.received(.finish()) else { throw Unexpected() }
    #expect(refused == ["waiting"])
    #expect(Self.offer(&machine, "late")?.reason == .unavailable)
    machine.sent(1, nil)
    guard case .outcomes = machine.next() else { throw Unexpected() }
    #expect(machine.next() == nil)
    _ = try machine.received(.receipts([1: .accepted]))
    #expect(machine.next() == nil && !machine.isEnded)
    machine.sourceEnded(nil)
    #expect(machine.hasNext)
    #expect(machine.next() == nil && machine.isEnded)
  }

  @Test("Once the host has ended its side, nobody waits for a receipt")
  func hostEnds() throws {
    var machine = try Self.open(credit: 1)
    _ = Self.offer(&machine, "sent")
    _ = Self.offer(&machine, "waiting")
    guard case .batch = machine.next(), case .finish(let refused) = machine.hostEnded() else { throw Unexpected() }
    #expect(refused.sorted() == ["sent", "waiting"])
    #expect(machine.next() == nil && !machine.isEnded)
    machine.sourceEnded(nil)
    #expect(machine.next() == nil && machine.isEnded)
  }

  @Test("The two sides understand each other", arguments: [1, 4, 1000])
  func bothSides(window: Int) throws {
    let limits = ExchangeLimits(maxInlinePayload: 100, maxPayload: 10_000, windowMessages: window, windowBytes: 1000)
    var host = HostExchangeStateMachine<Int>(
      .init(connectionID: "c", ends: [.incoming, .outgoing], limits: limits, waitingLimit: 10_000, positionLimit: 10_000)
    )
    var connector = ConnectorExchangeStateMachine<Int>(limits: limits, waitingLimit: 10_000)
    var random = SeededGenerator(seed: 7)
    var (delivered, received, position): ([Int], [Int], [UInt8]) = ([], [], [])
    var (sent, accepted): (Set<Int>, Set<Int>) = ([], [])
    var (toAnswer, toReceipt): ([UInt64], [UInt64]) = ([], [])
    for index in 0..<500 {
      let message = RopewalkCore.Message(id: "\(index)", payload: [UInt8](repeating: 1, count: Int.random(in: 0...3000, using: &random)))
      #expect(host.send(message, id: UInt64(index), ticket: index) == nil)
    }
    var isOpen = false
    for _ in 0..<100_000 where sent.count < 500 || accepted.count < 500 {
      while let plan = host.next() {
        let bytes: [UInt8] = try HostFrameSerializer<Int>().serialize(plan)
        switch try connector.received(HostFrameDeserializer().deserialize(bytes)) {
        case .open:
          connector.opened(nil, receives: true)
          isOpen = true
        case .messages(let arrivals):
          for arrival in arrivals {
            delivered.append(Int(arrival.message.id) ?? -1)
            toAnswer.append(arrival.sequence)
          }
        case .receipts(let receipts): for (ticket, _) in receipts { accepted.insert(ticket) }
        default: break
        }
      }
      if isOpen, received.isEmpty, connector.isUnused {
        for index in 0..<500 {
          let message = RopewalkCore.Message(
            id: "\(index)",
            payload: [UInt8](repeating: 1, count: Int.random(in: 0...3000, using: &random))
          )
          #expect(connector.offer(message, position: Array("\(index)".utf8), id: connector.nextID(), ticket: index) == nil)
        }
      }
      while let plan = connector.next() {
        let bytes: [UInt8] = try ConnectorFrameSerializer<Int>().serialize(plan)
        switch try host.received(ConnectorFrameDeserializer().deserialize(bytes)) {
        case .messages(let arrivals):
          for arrival in arrivals {
            received.append(Int(arrival.message.id) ?? -1)
            toReceipt.append(arrival.sequence)
          }
        case .outcomes(let outcomes): for (ticket, _) in outcomes { sent.insert(ticket) }
        default: break
        }
      }
      toAnswer.shuffle(using: &random)
      toReceipt.shuffle(using: &random)
      if let sequence = toAnswer.popLast() { connector.sent(sequence, nil) }
      if let sequence = toReceipt.popLast(), let moved = host.acceptance(.accepted, of: sequence) { position = moved }
    }
    #expect(sent.count == 500 && accepted.count == 500)
    #expect(Set(delivered).count == 500 && delivered.count == 500)
    #expect(Set(received).count == 500 && received.count == 500)
    #expect(String(decoding: position, as: UTF8.self) == "499")
  }
}

extension ConnectorExchangeStateMachine {
  fileprivate mutating func received(_ frame: WireHostFrame) throws(ProtocolViolation) -> Event { try received(HostFrame(frame)) }

  /// Nothing was offered yet.
  fileprivate var isUnused: Bool {
    var copy = self
    return copy.nextID() == 1
  }
}

extension WireHostFrame {
  fileprivate static func open(credit: UInt32) -> Self {
    var frame = Self()
    frame.open.connectionID = "c"
    frame.open.send = true
    frame.open.receive = true
    frame.open.maxInlinePayload = 10
    frame.open.maxPayload = 100
    frame.open.credit.messages = credit
    frame.open.credit.bytes = 100
    return frame
  }

  fileprivate static func send(_ sequences: UInt64...) -> Self {
    var frame = Self()
    frame.send.messages = sequences.map { sequence in
      var message = WireOutgoingMessage()
      message.sequence = sequence
      return message
    }
    return frame
  }

  fileprivate static func credit(_ messages: UInt32) -> Self {
    var frame = Self()
    frame.credit.messages = messages
    frame.credit.bytes = 100
    return frame
  }

  fileprivate static func cancel(_ sequence: UInt64) -> Self {
    var frame = Self()
    frame.cancel.sequence = sequence
    return frame
  }

  fileprivate static func finish() -> Self {
    var frame = Self()
    frame.finish = WireFinish()
    return frame
  }

  fileprivate static func receipts(_ outcomes: [UInt64: WireReceipt.Outcome]) -> Self {
    var frame = Self()
    frame.receipts.receipts = outcomes.sorted { $0.key < $1.key }.map { sequence, outcome in
      var receipt = WireReceipt()
      receipt.sequence = sequence
      receipt.outcome = outcome
      return receipt
    }
    return frame
  }
}
