import RopewalkTesting
import Testing
import Wasmtime

/// What is measured in bytes is measured in a process of its own, so that nobody else's memory is counted.
@Suite(.takesTurns) struct LifetimeTests {
  private static let text = """
    (module
      (import "h" "f" (func $h (param i32) (result i32)))
      (memory (export "memory") 4)
      (data (i32.const 0) "some bytes")
      (func (export "f") (param i32) (result i32) (i32.store (i32.const 70000) (local.get 0)) (call $h (local.get 0))))
    """

  private static func template() throws -> InstanceTemplate<GuestState> {
    let module = try module(Self.text)
    let linker = Linker<GuestState>(engine: sharedEngine)
    try linker.define(module.imports[0]) { _, values in values[0] }
    return try linker.template(for: module)
  }

  @Test func aHundredThousandInstancesLeaveNothingBehind() async {
    await #expect(processExitsWith: .success) {
      let template = try LifetimeTests.template()
      func useAndDrop(_ count: Int) throws {
        for index in 0..<count {
          let store = Store(engine: sharedEngine, state: GuestState())
          let function = try template.instantiate(in: store).function(named: "f")
          if index.isMultiple(of: 2) {
            #expect(try store.call(function, RawValue(Int32(3))).i32 == 3)
          } else {
            #expect(try store.startFinished(function, RawValue(Int32(4))).i32 == 4)
          }
        }
      }
      try useAndDrop(5000)
      #expect(try ResidentMemory.growth { try useAndDrop(95_000) } < 4 << 20)
    }
  }

  @Test func trapsLeaveNothingBehind() async {
    await #expect(processExitsWith: .success) {
      let template = try Linker<GuestState>(engine: sharedEngine).template(for: module("(module (func $f (export \"f\") unreachable))"))
      func trapAndDrop(_ count: Int) throws {
        for _ in 0..<count {
          let store = Store(engine: sharedEngine, state: GuestState())
          let function = try template.instantiate(in: store).function(named: "f")
          #expect(throws: CallError.self) { try store.call(function) }
        }
      }
      try trapAndDrop(500)
      #expect(try ResidentMemory.growth { try trapAndDrop(5000) } < 2 << 20)
    }
  }

  @Test func twoThousandInstancesLiveAtOnce() async {
    await #expect(processExitsWith: .success) {
      let template = try LifetimeTests.template()
      let bytes = try ResidentMemory.growth {
        var guests: [(store: Store<GuestState>, function: Function)] = []
        for _ in 0..<2000 {
          let store = Store(engine: sharedEngine, state: GuestState())
          guests.append((store, try template.instantiate(in: store).function(named: "f")))
        }
        for (index, guest) in guests.enumerated() {
          #expect(try guest.store.startFinished(guest.function, RawValue(Int32(index))).i32 == Int32(index))
        }
        return guests
      }
      #expect(bytes / 2000 < 32 << 10, "\(bytes / 2000) bytes each")
    }
  }

  @Test func anEngineReservesAddressesAndNotMemory() async {
    await #expect(processExitsWith: .success) {
      let bytes = try ResidentMemory.growth {
        let engine = try Engine()
        #expect(engine.configuration.maxMemories == 4096)
        return engine
      }
      #expect(bytes < 16 << 20)
    }
  }

  @Test func aStoreLetsItsStateGo() throws {
    weak var state: GuestState?
    do {
      let held = GuestState()
      state = held
      let store = Store(engine: sharedEngine, state: held)
      _ = try Self.template().instantiate(in: store)
      #expect(store.state === held)
    }
    #expect(state == nil)
  }

  @Test func aTemplateOutlivesItsLinkerAndServesManyThreads() async throws {
    let template = try Self.template()
    let sums = try await withThrowingTaskGroup(of: Int32.self) { group in
      for task in 0..<4 as Range<Int32> {
        group.addTask {
          try (0..<200 as Range<Int32>).reduce(into: 0 as Int32) { sum, number in
            let store = Store(engine: sharedEngine, state: GuestState())
            let function = try template.instantiate(in: store).function(named: "f")
            sum += try store.call(function, RawValue(number + task)).i32
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sums == 4 * 19_900 + 200 * (0 + 1 + 2 + 3))
  }
}
