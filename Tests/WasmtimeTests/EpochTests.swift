import RopewalkTesting
import Testing
import Wasmtime

@Suite(.takesTurns) struct EpochTests {
  private static let guest = """
    (module
      (import "h" "tick" (func $tick))
      (memory (export "memory") 1)
      (func $patient (export "patient") (result i32)
        (loop (call $tick) (br_if 0 (i32.eqz (i32.load8_u (i32.const 8)))))
        (i32.const 7))
      (func $forever (export "forever") (loop (call $tick) (br 0)))
      (func $times (export "times") (param i32) (result i32)
        (local $done i32)
        (loop
          (call $tick)
          (local.set $done (i32.add (local.get $done) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get $done) (local.get 0))))
        (local.get $done)))
    """

  /// A guest whose every turn of a loop moves the clock by one.
  private func ticking() throws -> Guest {
    var configuration = EngineConfiguration()
    configuration.maxStacks = 16
    configuration.maxInstances = 4
    configuration.maxMemories = 4
    configuration.maxTables = 4
    configuration.maxStacks = 4
    let engine = try Engine(configuration)
    return try Guest(Self.guest, engine: engine) { linker, module in
      try linker.define(module.imports[0]) { _, _ in
        engine.incrementEpoch()
        return .zero
      }
    }
  }

  @Test func aLoopWithoutEndIsInterrupted() throws {
    let guest = try ticking()
    guest.store.setEpochDeadline(10)
    let trap = try trap { _ = try guest.store.call(guest.function("forever")) }
    #expect(trap.kind == .interrupt)
    #expect(trap.backtrace.first?.functionName == "forever")
  }

  @Test func whatEndsBeforeTheDeadlineIsLeftAlone() throws {
    let guest = try ticking()
    guest.store.setEpochDeadline(10)
    #expect(try guest.store.call(guest.function("times"), RawValue(UInt32(9))).u32 == 9)
  }

  @Test func aDeadlineCanBeSetAgain() throws {
    let guest = try ticking()
    let times = try guest.function("times")
    for _ in 0..<3 {
      guest.store.setEpochDeadline(10)
      #expect(try trap { _ = try guest.store.call(times, RawValue(UInt32(20))) }.kind == .interrupt)
      guest.store.setEpochDeadline(10)
      #expect(try guest.store.call(times, RawValue(UInt32(5))).u32 == 5)
    }
  }

  @Test func withoutADeadlineNothingIsInterrupted() throws {
    let guest = try ticking()
    #expect(try guest.store.call(guest.function("times"), RawValue(UInt32(1000))).u32 == 1000)
  }

  @Test func anAsynchronousCallGivesWayAndGoesOn() throws {
    let guest = try ticking()
    guest.store.yieldOnEpoch(everyTicks: 10)
    var call = try guest.store.startCall(guest.function("times"), RawValue(UInt32(35)))
    var yields = 0
    while true {
      let progress = try call.poll()
      guard progress == .yielded else {
        #expect(progress == .finished(RawValue(UInt32(35))))
        break
      }
      yields += 1
    }
    #expect(yields == 3)
  }

  @Test func anAsynchronousCallCanHaveADeadline() throws {
    let guest = try ticking()
    guest.store.setEpochDeadline(10)
    let trap = try trap { _ = try guest.store.startFinished(guest.function("forever")) }
    #expect(trap.kind == .interrupt)
  }

  @Test func aCallThatYieldsCanBeAskedToStop() throws {
    let guest = try ticking()
    guest.store.yieldOnEpoch(everyTicks: 10)
    let memory = try guest.instance.memory()
    #expect(!guest.store.hasStopFlag)
    guest.store.setStopFlag(at: 8, in: memory)
    var call = try guest.store.startCall(guest.function("patient"))
    #expect(try call.poll() == .yielded)
    call.askToStop()
    // To the end of its present turn it runs on.
    #expect(try call.poll() == .yielded)
    #expect(try call.poll() == .finished(RawValue(UInt32(7))))
    #expect(try guest.store.withMemory(memory) { try $0.bytes(at: 8, count: 1) } == [1])
  }

  @Test func aStopFlagOutsideTheMemoryIsNone() throws {
    let guest = try ticking()
    guest.store.yieldOnEpoch(everyTicks: 10)
    guest.store.setStopFlag(at: .max, in: try guest.instance.memory())
    var call = try guest.store.startCall(guest.function("patient"))
    #expect(try call.poll() == .yielded)
    call.askToStop()
    for _ in 0..<3 { #expect(try call.poll() == .yielded) }
  }

  @Test func aCallThatYieldsCanBeInterruptedWithItsBacktrace() throws {
    let guest = try ticking()
    guest.store.yieldOnEpoch(everyTicks: 10)
    var call = try guest.store.startCall(guest.function("forever"))
    #expect(try call.poll() == .yielded)
    #expect(try call.poll() == .yielded)
    call.interrupt()
    do {
      _ = try call.poll()
      Issue.record("the call must fail")
    } catch {
      guard case .trap(let trap) = error else { throw error }
      #expect(trap.kind == .interrupt)
      #expect(trap.backtrace.first?.functionName == "forever")
    }
    guest.store.yieldOnEpoch(everyTicks: 10)
    #expect(try guest.store.startFinished(guest.function("times"), RawValue(UInt32(3))).u32 == 3)
  }

  @Test func aYieldedCallCanBeDroppedAndItsStoreToo() throws {
    for _ in 0..<100 {
      let guest = try ticking()
      guest.store.yieldOnEpoch(everyTicks: 1)
      var call = try guest.store.startCall(guest.function("forever"))
      #expect(try call.poll() == .yielded)
    }
  }

  @Test func aSynchronousCallCannotYield() throws {
    let guest = try ticking()
    guest.store.yieldOnEpoch(everyTicks: 10)
    #expect(try trap { _ = try guest.store.call(guest.function("forever")) }.kind == .interrupt)
  }

  @Test func aStartFunctionIsInterruptedToo() throws {
    let engine = sharedEngine
    let module = try module("(module (func $forever (loop (br 0))) (start $forever))")
    let store = Store(engine: engine, state: GuestState())
    store.setEpochDeadline(0)
    let template = try Linker<GuestState>(engine: engine).template(for: module)
    #expect(try trap { _ = try template.instantiate(in: store) }.kind == .interrupt)
  }
}
