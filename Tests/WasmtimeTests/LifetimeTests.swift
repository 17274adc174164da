import Foundation
import RopewalkTesting
import Testing
import Wasmtime

@Suite(.takesTurns, .serialized) struct LifetimeTests {
  private static let text = """
    (module
      (import "h" "f" (func $h (param i32) (result i32)))
      (memory (export "memory") 4)
      (data (i32.const 0) "some bytes")
      (func (export "f") (param i32) (result i32) (i32.store (i32.const 70000) (local.get 0)) (call $h (local.get 0))))
    """

  private func template() throws -> InstanceTemplate<GuestState> {
    let module = try module(Self.text)
    let linker = Linker<GuestState>(engine: sharedEngine)
    try linker.define(module.imports[0]) { _, values in values[0] }
    return try linker.template(for: module)
  }

  /// Resident memory of this process, in bytes.
  private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii).split(separator: " ")
    return try #require(Int(fields[1])) * 4096
  }

  /// What the resident memory grows by when `body` runs, its answer still alive. Other tests share the process, so that one measurement may be
  /// theirs: what leaks does so every time, and the least of three counts.
  private func growth<Kept>(_ body: () throws -> Kept) throws -> Int {
    try (0..<3).map { (_) throws in
      let before = try residentBytes()
      let kept = try body()
      return try withExtendedLifetime(kept) { (_) throws in try residentBytes() - before }
    }.min()!
  }

  @Test func aHundredThousandInstancesLeaveNothingBehind() throws {
    let template = try template()
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
    #expect(try growth { try useAndDrop(35_000) } < 4 << 20)
  }

  @Test func trapsLeaveNothingBehind() throws {
    let template = try Linker<GuestState>(engine: sharedEngine).template(for: module("(module (func $f (export \"f\") unreachable))"))
    func trapAndDrop(_ count: Int) throws {
      for _ in 0..<count {
        let store = Store(engine: sharedEngine, state: GuestState())
        let function = try template.instantiate(in: store).function(named: "f")
        #expect(throws: CallError.self) { try store.call(function) }
      }
    }
    try trapAndDrop(500)
    #expect(try growth { try trapAndDrop(2000) } < 2 << 20)
  }

  @Test func twoThousandInstancesLiveAtOnce() throws {
    let template = try template()
    let bytes = try growth {
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

  @Test func anEngineReservesAddressesAndNotMemory() throws {
    let bytes = try growth {
      let engine = try Engine()
      #expect(engine.configuration.maxMemories == 4096)
      return engine
    }
    #expect(bytes < 16 << 20)
  }

  @Test func aStoreLetsItsStateGo() throws {
    weak var state: GuestState?
    do {
      let held = GuestState()
      state = held
      let store = Store(engine: sharedEngine, state: held)
      _ = try template().instantiate(in: store)
      #expect(store.state === held)
    }
    #expect(state == nil)
  }

  @Test func aTemplateOutlivesItsLinkerAndServesManyThreads() async throws {
    let template = try template()
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
