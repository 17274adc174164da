import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Testing

@testable import RopewalkWasm

/// One customer's guest misbehaves; the others' messages go on meanwhile.
@Suite(.takesTurns) struct IsolationTests {
  /// Far less than what the hogs would take, and enough for a machine that runs other tests beside this one.
  private static let patience: Duration = .seconds(20)
  private static let hogTimeout: Duration = .seconds(600)
  /// What a timeout of 200 ms may take on such a machine: less than what it cuts.
  private static let promptness: Duration = .seconds(5)

  @Test(arguments: LogicLaw.allCases)
  func keepsTheLaw(_ law: LogicLaw) async throws {
    let workshop = try Workshop()
    let step = try workshop.step(wat: GuestText.lawful)
    try await law.verify(
      LogicLaw.Subject(answers: ["a": .pass, "aa": .drop, "aaa": .text("1")], failing: ("aaaa", .stepTrap)) {
        try await workshop.node(step)
      }
    )
  }

  /// Runs `body` while `hogs` messages of as many customers occupy the node, and abandons those then.
  private func beside(_ hogs: Int, on node: WasmLogicNode, _ payload: String, _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<hogs {
        group.addTask {
          do throws(LogicError) {
            _ = try await node.process(Message(payload, customer: "hog-\(number)"))
          } catch {
            #expect(error.code == .stepCancelled)
          }
        }
      }
      try await body()
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  /// The longest of so many messages of others, one after the other.
  private func slowest(of count: Int, on node: WasmLogicNode) async throws -> Duration {
    var slowest = Duration.zero
    for number in 0..<count {
      let start = ContinuousClock.now
      #expect(try await node.process(Message("hello", customer: "good-\(number % 10)")).text == "hello")
      slowest = max(slowest, ContinuousClock.now - start)
    }
    return slowest
  }

  @Test func loopsHoldNoPermit() async throws {
    var limits = WasmLimits.few
    limits.runningGuests = 2
    let workshop = try Workshop(limits: limits)
    let bad = try await workshop.node(workshop.step(wat: GuestText.loop) { $0.limits.timeout = Self.hogTimeout })
    let good = try await workshop.node(workshop.step(wat: GuestText.echo))
    // More loops than permits.
    try await beside(8, on: bad, "x") {
      let longest = try await slowest(of: 50, on: good)
      #expect(longest < Self.patience)
    }
  }

  @Test func twoHundredSlowCallsHoldNoPermit() async throws {
    var limits = WasmLimits.few
    limits.runningGuests = 2
    limits.liveInstances = 256
    let gate = Gate()
    let workshop = try Workshop(limits: limits, outbound: .answering(204, after: gate))
    let calling = try await workshop.node(
      workshop.step(wat: GuestText.call) {
        $0.capabilities = [.httpCall]
        $0.limits.timeout = Self.hogTimeout
      }
    )
    let good = try await workshop.node(workshop.step(wat: GuestText.echo))
    try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<200 {
        group.addTask { try await calling.process(Message(#"{"url":"https://e.com/"}"#, customer: "slow-\(number)")).text }
      }
      await gate.waitForWaiters(200)
      let longest = try await slowest(of: 50, on: good)
      #expect(longest < Self.patience)
      gate.open()
      for try await text in group { #expect(text == #"{"status":204,"headers":{},"body":""}"#) }
    }
    #expect(workshop.runtime.liveInstances > 200)
  }

  /// Nobody interrupts a host function: it must end by itself when the guest's time does.
  @Test(arguments: LengthyCall.allCases)
  func timeEndsInHostFunctionsToo(_ call: LengthyCall) async throws {
    let workshop = try Workshop()
    let bad = try await workshop.node(
      workshop.step(wat: call.wat) {
        $0.capabilities = [call.capability]
        $0.limits.timeout = .milliseconds(200)
      }
    )
    let good = try await workshop.node(workshop.step(wat: GuestText.echo))
    let message = Message(call.payload, customer: "hog")
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let start = ContinuousClock.now
        let error = await #expect(throws: LogicError.self) { try await bad.process(message) }
        #expect(error?.code == .stepTimeout)
        #expect(error?.message == "step 'filter-1' took longer than its timeout of 200ms")
        #expect(ContinuousClock.now - start < Self.promptness)
      }
      let longest = try await slowest(of: 50, on: good)
      #expect(longest < Self.promptness)
      try await group.waitForAll()
    }
  }

  @Test func everyFailureIsItsOwn() async throws {
    let workshop = try Workshop()
    let guests = [GuestText.recurse, GuestText.allocate, GuestText.module("unreachable"), GuestText.module("(i32.load (i32.const -4))")]
    var bad: [WasmLogicNode] = []
    for guest in guests { bad.append(try await workshop.node(workshop.step(wat: guest) { $0.limits.memoryLimit = .mebibytes(4) })) }
    let good = try await workshop.node(workshop.step(wat: GuestText.echo))
    let failures = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for node in bad {
        group.addTask {
          for number in 0..<25 {
            await #expect(throws: LogicError.self) { try await node.process(Message("x", customer: "bad-\(number % 5)")) }
            failures.increment()
          }
        }
      }
      let longest = try await slowest(of: 200, on: good)
      #expect(longest < Self.patience)
      try await group.waitForAll()
    }
    #expect(failures.value == 100)
  }

  @Test func theLeastRecentlyUsedInstanceMakesRoom() async throws {
    var limits = WasmLimits.few
    limits.liveInstances = 3
    let workshop = try Workshop(limits: limits)
    let node = try await workshop.node(workshop.step(wat: GuestText.count))
    func count(_ customer: String) async throws -> String { try await node.process(Message("1", customer: customer)).text }
    for customer in ["a", "b", "c"] { #expect(try await count(customer) == "1") }
    #expect(try await count("a") == "2")
    #expect(try await count("d") == "1")
    #expect(workshop.runtime.liveInstances == 3)
    #expect(try await count("a") == "3")
    #expect(try await count("b") == "1")
  }

  @Test func oneCustomersMessagesFollowOneAnother() async throws {
    let workshop = try Workshop()
    let node = try await workshop.node(workshop.step(wat: GuestText.count))
    let counts = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<9 { group.addTask { try await node.process(Message("1")).text } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(counts.count == 9)
    #expect(workshop.runtime.liveInstances == 1)
  }

  @Test func tooManyWaitersAreRefused() async throws {
    var limits = WasmLimits.few
    limits.liveInstances = 1
    limits.waitingForInstance = 0
    let gate = Gate()
    let workshop = try Workshop(limits: limits, outbound: .answering(200, after: gate))
    let node = try await workshop.node(
      workshop.step(wat: GuestText.call) {
        $0.capabilities = [.httpCall]; $0.limits.timeout = Self.hogTimeout
      }
    )
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { _ = try await node.process(Message(#"{"url":"https://e.com/"}"#, customer: "first")) }
      await gate.waitForWaiters(1)
      let error = await #expect(throws: LogicError.self) { try await node.process(Message("{}", customer: "second")) }
      #expect(error?.code == .stepInstancesExhausted)
      #expect(error?.recoverable == true)
      gate.open()
      try await group.waitForAll()
    }
  }
}
