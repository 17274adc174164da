import Dispatch
import RopewalkTesting
import Synchronization
import Testing
import Wasmtime

@Suite(.takesTurns) struct AsyncTests {
  private static let guest = """
    (module
      (import "h" "wait" (func $wait (param i32) (result i32)))
      (memory (export "memory") 1)
      (func $f (export "f") (param i32) (result i32) (i32.add (call $wait (local.get 0)) (i32.const 1)))
      (func (export "fail") unreachable))
    """

  private struct Refusal: Error {}

  /// What a host function of these tests waits for.
  private final class Parcel: Sendable {
    let content = Mutex<UInt32?>(nil)
    let drops = Atomic<Int>(0)

    func future() -> HostFuture {
      HostFuture(
        poll: { self.content.withLock { $0 }.map { RawValue($0) } },
        onDrop: { self.drops.add(1, ordering: .relaxed) }
      )
    }
  }

  private func waiting(for parcel: Parcel) throws -> Guest {
    try Guest(Self.guest) { linker, module in
      try linker.defineAsync(module.imports[0]) { caller, values in
        caller.state.numbers.append(values[0].u32)
        return parcel.future()
      }
    }
  }

  @Test func aCallWaitsUntilAnotherThreadIsDone() throws {
    let parcel = Parcel()
    let guest = try waiting(for: parcel)
    var call = try guest.store.startCall(guest.function("f"), RawValue(UInt32(7)))
    #expect(guest.store.state.numbers.isEmpty)
    #expect(try call.poll() == .waiting)
    #expect(try call.poll() == .waiting)
    #expect(guest.store.state.numbers == [7])
    #expect(parcel.drops.load(ordering: .relaxed) == 0)

    let done = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      parcel.content.withLock { $0 = 41 }
      done.signal()
    }
    done.wait()
    #expect(try call.poll() == .finished(RawValue(UInt32(42))))
    #expect(parcel.drops.load(ordering: .relaxed) == 1)
  }

  @Test func aCallMovesBetweenThreads() throws {
    let parcel = Parcel()
    let guest = try waiting(for: parcel)
    nonisolated(unsafe) let store = guest.store
    let function = try guest.function("f")
    let result = Mutex<UInt32?>(nil)
    let done = DispatchSemaphore(value: 0)
    var call = try store.startCall(function, RawValue(UInt32(7)))
    #expect(try call.poll() == .waiting)
    nonisolated(unsafe) var carried: PendingCall? = consume call
    DispatchQueue.global().async {
      parcel.content.withLock { $0 = 1 }
      if var call = carried.take(), case .finished(let value)? = try? call.poll() { result.withLock { $0 = value.u32 } }
      done.signal()
    }
    done.wait()
    #expect(result.withLock { $0 } == 2)
    #expect(try store.startFinished(function, RawValue(UInt32(8))).u32 == 2)
  }

  @Test func aResultThatIsThereAtOnceNeedsOnePoll() throws {
    let parcel = Parcel()
    parcel.content.withLock { $0 = 1 }
    let guest = try waiting(for: parcel)
    var call = try guest.store.startCall(guest.function("f"), RawValue(UInt32(7)))
    #expect(try call.poll() == .finished(RawValue(UInt32(2))))
  }

  @Test func aDroppedCallFreesItsStoreAndTellsTheHost() throws {
    let parcel = Parcel()
    let guest = try waiting(for: parcel)
    do {
      var call = try guest.store.startCall(guest.function("f"), RawValue(UInt32(7)))
      #expect(try call.poll() == .waiting)
    }
    #expect(parcel.drops.load(ordering: .relaxed) == 1)
    parcel.content.withLock { $0 = 1 }
    #expect(try guest.store.startFinished(guest.function("f"), RawValue(UInt32(7))).u32 == 2)
  }

  @Test func aCallThatWasNeverPolledCanBeDropped() throws {
    let parcel = Parcel()
    let guest = try waiting(for: parcel)
    _ = try guest.store.startCall(guest.function("f"), RawValue(UInt32(7)))
    #expect(guest.store.state.numbers.isEmpty)
    #expect(parcel.drops.load(ordering: .relaxed) == 0)
  }

  @Test func aPendingCallOutlivesTheNameOfItsStore() throws {
    let parcel = Parcel()
    func start() throws -> PendingCall {
      let guest = try waiting(for: parcel)
      var call = try guest.store.startCall(guest.function("f"), RawValue(UInt32(7)))
      #expect(try call.poll() == .waiting)
      return call
    }
    do {
      var call = try start()
      #expect(try call.poll() == .waiting)
    }
    #expect(parcel.drops.load(ordering: .relaxed) == 1)
  }

  @Test func aStoreHasOneCallAtATime() throws {
    let parcel = Parcel()
    let guest = try waiting(for: parcel)
    let function = try guest.function("f")
    var call = try guest.store.startCall(function, RawValue(UInt32(7)))
    #expect(try call.poll() == .waiting)
    for attempt in [{ _ = try guest.store.call(function, .zero) }, { _ = try guest.store.startCall(function, .zero) }] {
      guard case .engine(let error)? = #expect(throws: CallError.self, performing: attempt) else { continue }
      #expect(error.code == .busy)
    }
    let memory = try guest.instance.memory()
    #expect(throws: WasmtimeError.self) { try guest.store.withMemory(memory) { $0.byteCount } }
    parcel.content.withLock { $0 = 1 }
    #expect(try call.poll() == .finished(RawValue(UInt32(2))))
    #expect(try guest.store.withMemory(memory) { $0.byteCount } == 65_536)
  }

  @Test func whatTheStartThrowsEndsTheCall() throws {
    let guest = try Guest(Self.guest) { linker, module in
      try linker.defineAsync(module.imports[0]) { _, _ in throw Refusal() }
    }
    let trap = try trap { _ = try guest.store.startFinished(guest.function("f"), .zero) }
    #expect(trap.kind == .host)
    #expect(trap.hostError is Refusal)
    #expect(trap.backtrace.map(\.functionName) == ["f"])
  }

  @Test func whatThePollThrowsEndsTheCall() throws {
    let guest = try Guest(Self.guest) { linker, module in
      try linker.defineAsync(module.imports[0]) { caller, _ in
        let state = caller.state
        return HostFuture {
          if state.numbers.isEmpty {
            state.numbers.append(1)
            return nil
          }
          throw Refusal()
        }
      }
    }
    var call = try guest.store.startCall(guest.function("f"), .zero)
    #expect(try call.poll() == .waiting)
    do {
      _ = try call.poll()
      Issue.record("the call must fail")
    } catch {
      guard case .trap(let trap) = error else { throw error }
      #expect(trap.hostError is Refusal)
    }
  }

  @Test func aTrapInAnAsynchronousCallIsToldToo() throws {
    let guest = try waiting(for: Parcel())
    let trap = try trap { _ = try guest.store.startFinished(guest.function("fail")) }
    #expect(trap.kind == .unreachable)
  }

  @Test func manyCallsWaitAtOnce() throws {
    let parcel = Parcel()
    let module = try module(Self.guest)
    let linker = Linker<GuestState>(engine: sharedEngine)
    try linker.defineAsync(module.imports[0]) { _, _ in parcel.future() }
    let template = try linker.template(for: module)
    let calls = Calls()
    for _ in 0..<200 {
      let store = Store(engine: sharedEngine, state: GuestState())
      let function = try template.instantiate(in: store).function(named: "f")
      try calls.add(store.startCall(function, .zero))
    }
    #expect(try calls.poll() == Array(repeating: .waiting, count: 200))
    parcel.content.withLock { $0 = 1 }
    #expect(try calls.poll() == Array(repeating: .finished(RawValue(UInt32(2))), count: 200))
  }

  @Test func aStartFunctionMustNotWait() throws {
    let parcel = Parcel()
    let error = #expect(throws: CallError.self) {
      _ = try Guest("(module (import \"h\" \"w\" (func $w)) (start $w))") { linker, module in
        try linker.defineAsync(module.imports[0]) { _, _ in parcel.future() }
      }
    }
    guard case .engine(let cause)? = error else { throw NoTrap(error: error) }
    #expect(cause.message.contains("start function"))
    #expect(parcel.drops.load(ordering: .relaxed) == 1)
  }

  /// Calls that are under way together.
  private final class Calls {
    private var calls: [Box] = []

    private final class Box {
      var call: PendingCall
      init(_ call: consuming PendingCall) { self.call = call }
    }

    func add(_ call: consuming PendingCall) throws { calls.append(Box(call)) }
    func poll() throws -> [CallProgress] { try calls.map { try $0.call.poll() } }
  }
}

extension Store {
  /// The result of a call that neither yields nor waits.
  func startFinished(_ function: Function, _ arguments: RawValue...) throws -> RawValue {
    var call = try startCall(function, arguments: arguments)
    let progress = try call.poll()
    guard case .finished(let value) = progress else { throw NotFinished(progress: progress) }
    return value
  }
}

struct NotFinished: Error {
  var progress: CallProgress
}
