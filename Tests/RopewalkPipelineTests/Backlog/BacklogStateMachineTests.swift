import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct BacklogStateMachineTests {
  private func machine(_ limits: PipelineLimits = PipelineLimits(), destinations: Int = 1) -> BacklogStateMachine {
    BacklogStateMachine(limits: limits, destinationCount: destinations)
  }

  private func name(_ entrance: BacklogStateMachine.Entrance) -> String {
    switch entrance {
    case .open: "open"
    case .customerFull(let wait): "customer full \(wait.shortText)"
    case .full(let wait): "full \(wait.shortText)"
    case .closed: "closed"
    }
  }

  private func ticket(_ machine: inout BacklogStateMachine, _ customer: String) throws -> BacklogStateMachine.AppendTicket {
    guard case .open(let ticket) = machine.enter(customer, at: .zero) else { throw RopewalkError(.runTwice, "refused") }
    return ticket
  }

  /// One message accepted; where it goes on from memory.
  private func accept(_ machine: inout BacklogStateMachine, _ customer: String, _ position: UInt64, size: Int = 1) throws -> [Int] {
    let ticket = try ticket(&machine, customer)
    return machine.accepted(ticket, at: JournalPosition(position), size: size, all: Array(0..<machine.destinationCount))
  }

  private func message(_ machine: BacklogStateMachine, _ customer: String, size: Int = 1, replay: Replay? = nil) throws -> AcceptedMessage {
    AcceptedMessage(
      position: JournalPosition(1),
      original: Message(payload: []),
      destinations: [0],
      openPairs: 1,
      acceptedAt: .zero,
      lane: try #require(machine.customers[customer]),
      size: size,
      replay: replay
    )
  }

  /// Replays of a size, which all fail again.
  private func replays(_ positions: ClosedRange<UInt64>, size: Int) -> UnsettledPage {
    let entries = positions.map { position in
      let message = Message(id: "m", payload: [UInt8](repeating: 7, count: size), metadata: MessageMetadata(customerID: "a"))
      return UnsettledEntry(
        position: JournalPosition(position),
        message: message,
        destinations: ["d"],
        replay: Replay(letterID: "\(position)")
      )
    }
    return UnsettledPage(entries, isEnd: true)
  }

  @Test func replaysHaveOneCustomersShareOfTheBytes() throws {
    var machine = machine(PipelineLimits(memory: MemoryLimits(sizePerCustomer: ByteCount(100), size: ByteCount(1000))))
    let first = machine.nextRead(pageSize: 10)
    #expect(first?.maxSize == ByteCount(100))
    let read = try #require(first)
    var taken = machine.take(replays(1...5, size: 40), of: read, places: ["d": 0], sizes: { $0.message.payload.count }, at: .zero)
    #expect(taken.entries.map(\.entry.position.value) == [1, 2] && !taken.isEnd)
    machine.finish(read, isEnd: taken.isEnd)
    // Until there is room for the third, it is not read again.
    #expect(machine.nextRead(pageSize: 10) == nil && !machine.mayRead)
    machine.settled(try message(machine, "a", size: 40, replay: Replay(letterID: "1")), destination: 0, isLast: true, at: .zero)
    let second = machine.nextRead(pageSize: 10)
    #expect(second?.after == JournalPosition(2) && second?.maxSize == ByteCount(60))
    taken = machine.take(replays(3...5, size: 40), of: read, places: ["d": 0], sizes: { $0.message.payload.count }, at: .zero)
    #expect(taken.entries.map(\.entry.position.value) == [3] && !taken.isEnd)
    for _ in 0..<2 {
      machine.settled(try message(machine, "a", size: 40, replay: Replay(letterID: "1")), destination: 0, isLast: true, at: .zero)
    }
    // One that is larger than all goes alone, while there is any room.
    taken = machine.take(replays(4...5, size: 5000), of: read, places: ["d": 0], sizes: { $0.message.payload.count }, at: .zero)
    #expect(taken.entries.map(\.entry.position.value) == [4] && !taken.isEnd)
    #expect(machine.bytes == 5000)
  }

  @Test func pagesAreAskedForAsLargeAsTheRoomIs() throws {
    var machine = machine(PipelineLimits(memory: MemoryLimits(sizePerCustomer: ByteCount(100), size: ByteCount(1000))))
    machine.replays.reachedEnd()
    #expect(try accept(&machine, "a", 1, size: 30) == [0])
    #expect(try accept(&machine, "a", 2, size: 90) == [])
    let next = machine.nextRead(pageSize: 10)
    #expect(next?.maxSize == ByteCount(70))
  }

  /// Otherwise each end of any message would have it read once more, and the lanes behind it wait.
  @Test func whatFoundNoRoomIsNotReadAgainBeforeThereIsSome() throws {
    var machine = machine(PipelineLimits(memory: MemoryLimits(sizePerCustomer: ByteCount(100), size: ByteCount(1000))))
    machine.replays.reachedEnd()
    #expect(try accept(&machine, "a", 1, size: 40) == [0])
    #expect(try accept(&machine, "a", 2, size: 90) == [])
    let first = machine.nextRead(pageSize: 10)
    let read = try #require(first)
    let large = Message(id: "m", payload: [UInt8](repeating: 7, count: 90), metadata: MessageMetadata(customerID: "a"))
    let page = UnsettledPage([UnsettledEntry(position: JournalPosition(2), message: large, destinations: ["d"])], isEnd: true)
    var taken = machine.take(page, of: read, places: ["d": 0], sizes: { $0.message.payload.count }, at: .zero)
    #expect(taken.entries.isEmpty && !taken.isEnd && machine.waitsForSpace(read))
    machine.finish(read, isEnd: taken.isEnd)
    let second = machine.nextRead(pageSize: 10)
    #expect(second?.after == nil)
    machine.settled(try message(machine, "a", size: 40), destination: 0, isLast: true, at: .zero)
    let third = machine.nextRead(pageSize: 10)
    #expect(third?.after == JournalPosition(1))
    taken = machine.take(page, of: read, places: ["d": 0], sizes: { $0.message.payload.count }, at: .zero)
    #expect(taken.entries.map(\.entry.position.value) == [2] && taken.isEnd && !machine.waitsForSpace(read))
  }

  @Test func boundsCustomersAndTheWhole() throws {
    var machine = machine(PipelineLimits(queuePerCustomer: 2, queue: 3))
    #expect(try accept(&machine, "a", 1) == [0])
    #expect(name(machine.enter("a", at: .zero)) == "open")
    #expect(name(machine.enter("a", at: .zero)) == "customer full 10s")
    #expect(name(machine.enter("b", at: .zero)) == "open")
    #expect(name(machine.enter("c", at: .zero)) == "full 10s")
    machine.settled(try message(machine, "a"), destination: 0, isLast: true, at: .zero)
    #expect(name(machine.enter("c", at: .zero)) == "open")
    #expect(machine.openPairs == 3)
  }

  @Test func aDuplicateGivesItsPlaceBack() throws {
    var machine = machine(PipelineLimits(queuePerCustomer: 1, queue: 1))
    machine.cancel(try ticket(&machine, "a"))
    #expect(name(machine.enter("a", at: .zero)) == "open")
  }

  /// Otherwise somebody would look after it for ever.
  @Test func aCustomerThatIsForgottenWaitsNoMore() async throws {
    var machine = BacklogStateMachine(limits: PipelineLimits(queuePerCustomer: 2), destinationCount: 1, maxIdleCustomers: 0)
    #expect(try accept(&machine, "a", 1) == [0])
    let second = try ticket(&machine, "a")
    machine.settled(try message(machine, "a"), destination: 0, isLast: true, at: .zero)
    let third = try ticket(&machine, "a")
    let entrance = await withCheckedContinuation { continuation in
      if let refused = machine.enterOrWait("a", at: .zero, continuation) { return continuation.resume(returning: refused) }
      let isWaiting = machine.endWaits(at: .zero)
      #expect(isWaiting)
      machine.cancel(second)
      for (waiter, entrance) in machine.takeAnswered() { waiter.continuation.resume(returning: entrance) }
    }
    #expect(name(entrance) == "open")
    machine.cancel(third)
    if case .open(let ticket) = entrance { machine.cancel(ticket) }
    #expect(machine.customers.isEmpty)
    let isAnyoneWaiting = machine.endWaits(at: .zero)
    #expect(!isAnyoneWaiting)
  }

  @Test func isEmptiedOnceClosedAndSettled() throws {
    var machine = machine()
    machine.replays.reachedEnd()
    #expect(try accept(&machine, "a", 1) == [0])
    #expect(!machine.isEmptied)
    machine.close(at: .zero)
    #expect(name(machine.enter("a", at: .zero)) == "closed")
    #expect(!machine.isEmptied)
    machine.settled(try message(machine, "a"), destination: 0, isLast: true, at: .zero)
    #expect(machine.isEmptied)
  }

  @Test func whatAnEarlierRunLeftCountsWhateverTheBounds() {
    var machine = machine(PipelineLimits(queuePerCustomer: 1, queue: 1))
    machine.resume(["a": 3], at: .zero)
    #expect(machine.openPairs == 3)
    #expect(name(machine.enter("b", at: .zero)) == "full 10s")
  }

  @Test func beyondMemoryOnlyTheJournalHasThem() throws {
    let memory = MemoryLimits(messagesPerCustomer: 2, messages: 100)
    var machine = machine(PipelineLimits(memory: memory))
    #expect(try accept(&machine, "a", 1) == [0])
    #expect(try accept(&machine, "a", 2) == [0])
    #expect(try accept(&machine, "a", 3) == [])
    machine.settled(try message(machine, "a"), destination: 0, isLast: true, at: .zero)
    // There is room again, but order is kept.
    #expect(try accept(&machine, "a", 4) == [])
    #expect(try accept(&machine, "b", 5) == [0])
    machine.replays.reachedEnd()
    let next = machine.nextRead(pageSize: 10)
    let read = try #require(next)
    #expect((read.after, read.limit) == (JournalPosition(2), 1))
  }

  @Test func thoseWhoAreStuckNeverTakeTheLastRoom() throws {
    var machine = machine(PipelineLimits(memory: MemoryLimits(messagesPerCustomer: 1000, messages: 1000)))
    var position: UInt64 = 0
    for customer in 0..<10 {
      for _ in 0..<1000 {
        position += 1
        _ = try accept(&machine, "stuck-\(customer)", position)
      }
    }
    #expect(machine.messages < 1000)
    #expect(try accept(&machine, "other", position + 1) == [0])
  }

  @Test func bytesAreBoundedToo() throws {
    let memory = MemoryLimits(sizePerCustomer: ByteCount(100), size: ByteCount(1000))
    var machine = machine(PipelineLimits(memory: memory))
    #expect(try accept(&machine, "a", 1, size: 90) == [0])
    #expect(try accept(&machine, "a", 2, size: 20) == [])
    // One that is larger than all goes alone.
    #expect(try accept(&machine, "b", 3, size: 5000) == [0])
    #expect(try accept(&machine, "c", 4, size: 1) == [])
  }

  @Test func aStuckDestinationLeavesRoomForAnother() throws {
    var machine = machine(PipelineLimits(memory: MemoryLimits(messagesPerCustomer: 8, messages: 1000)), destinations: 2)
    var taken: [[Int]] = []
    for position in 1...20 {
      taken.append(try accept(&machine, "a", UInt64(position)))
      // The second destination is quick: its pair ends at once.
      guard taken.last?.contains(1) == true else { continue }
      machine.settled(try message(machine, "a"), destination: 1, isLast: taken.last == [1], at: .zero)
    }
    #expect(taken.prefix(4).allSatisfy { $0 == [0, 1] })
    #expect(taken.dropFirst(4).allSatisfy { $0 == [1] })
    #expect(machine.customers["a"]?.destinations[0].isBehind == true)
    #expect(machine.customers["a"]?.progress.isBehind == false)
  }
}
