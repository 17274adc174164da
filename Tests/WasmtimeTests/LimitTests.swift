import RopewalkTesting
import Testing
import Wasmtime

@Suite(.takesTurns) struct LimitTests {
  private static let growing = """
    (module
      (memory (export "memory") 1)
      (table $t 1 funcref)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "growTable") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0))))
    """

  private func smallEngine(_ change: (inout EngineConfiguration) -> Void = { _ in }) throws -> Engine {
    var configuration = EngineConfiguration()
    configuration.maxInstances = 2
    configuration.maxMemories = 2
    configuration.maxTables = 2
    configuration.maxStacks = 2
    configuration.maxMemorySize = 1 << 20
    change(&configuration)
    return try Engine(configuration)
  }

  private func limit(_ body: () throws -> Void) throws -> String {
    let error = #expect(throws: (any Error).self) { try body() }
    let cause: WasmtimeError? =
      switch error {
      case let error as WasmtimeError: error
      case CallError.engine(let error)?: error
      default: nil
      }
    let limit = try #require(cause)
    #expect(limit.code == .limit, "\(limit)")
    return limit.message
  }

  @Test func memoryGrowsToItsLimitAndNoFurther() throws {
    let guest = try Guest(Self.growing, limits: StoreLimits(memoryBytes: 10 << 16))
    let grow = try guest.function("grow")
    let memory = try guest.instance.memory()
    #expect(memory.maximumByteCount == 10 << 16)
    #expect(try guest.store.call(grow, RawValue(UInt32(4))).i32 == 1)
    #expect(try guest.store.call(grow, RawValue(UInt32(6))).i32 == -1)
    #expect(try guest.store.call(grow, RawValue(UInt32(5))).i32 == 5)
    #expect(try guest.store.call(grow, RawValue(UInt32(1))).i32 == -1)
    #expect(guest.store.byteCount(of: memory) == 10 << 16)
  }

  @Test func tablesGrowToTheirLimitAndNoFurther() throws {
    let guest = try Guest(Self.growing, limits: StoreLimits(tableElements: 10))
    let grow = try guest.function("growTable")
    #expect(try guest.store.call(grow, RawValue(UInt32(9))).i32 == 1)
    #expect(try guest.store.call(grow, RawValue(UInt32(1))).i32 == -1)
  }

  @Test func aModuleThatStartsBeyondTheLimitIsRefused() throws {
    #expect(try limit { _ = try Guest("(module (memory 2))", limits: StoreLimits(memoryBytes: 65_536)) }.contains("memory"))
    #expect(try limit { _ = try Guest("(module (table 11 funcref))", limits: StoreLimits(tableElements: 10)) }.contains("table"))
  }

  @Test func theInstancesOfAStoreAreCounted() throws {
    let module = try module("(module)")
    let store = Store(engine: sharedEngine, state: GuestState(), limits: StoreLimits(instances: 2))
    let template = try Linker<GuestState>(engine: sharedEngine).template(for: module)
    _ = try template.instantiate(in: store)
    _ = try template.instantiate(in: store)
    #expect(try limit { _ = try template.instantiate(in: store) }.contains("instance"))
  }

  @Test func thePoolOfMemoriesCanRunOut() throws {
    let engine = try smallEngine { $0.maxInstances = 10 }
    let template = try Linker<GuestState>(engine: engine).template(for: module("(module (memory 1))", engine: engine))
    var stores: [Store<GuestState>] = []
    func add() throws {
      let store = Store(engine: engine, state: GuestState())
      _ = try template.instantiate(in: store)
      stores.append(store)
    }
    try add()
    try add()
    #expect(try limit { try add() }.contains("memory"))
    stores.removeLast()
    try add()
    #expect(stores.count == 2)
  }

  @Test func thePoolOfStacksCanRunOut() throws {
    let engine = try smallEngine { $0.maxStacks = 1 }
    func waiting() throws -> Guest {
      try Guest("(module (import \"h\" \"w\" (func $w)) (func (export \"f\") (call $w)))", engine: engine) { linker, module in
        try linker.defineAsync(module.imports[0]) { _, _ in HostFuture(poll: { nil }) }
      }
    }
    let second = try waiting()
    do {
      let first = try waiting()
      var call = try first.store.startCall(first.function("f"))
      #expect(try call.poll() == .waiting)
      #expect(try limit { _ = try second.store.startFinished(second.function("f")) }.contains("fibers"))
    }
    var call = try second.store.startCall(second.function("f"))
    #expect(try call.poll() == .waiting)
  }

  @Test func aMemoryThatThePoolCannotHoldIsRefusedWhenCompiled() throws {
    let engine = try smallEngine()
    let error = #expect(throws: WasmtimeError.self) { _ = try module("(module (memory 17))", engine: engine) }
    #expect(error?.code == .limit)
    _ = try module("(module (memory 16))", engine: engine)
  }

  @Test func fourGibibytesAreRefused() throws {
    let error = #expect(throws: WasmtimeError.self) { _ = try module("(module (memory 65536))") }
    #expect(error?.code == .limit)
    _ = try module("(module (memory 1 65536))")
  }

  @Test func aStackOverflowInAnAsynchronousCallIsATrap() throws {
    let guest = try Guest("(module (func $f (export \"f\") (call $f) (drop (i32.add (i32.const 1) (i32.const 1)))))")
    let trap = try trap { _ = try guest.store.startFinished(guest.function("f")) }
    #expect(trap.kind == .stackOverflow)
  }

  @Test(
    arguments: [
      { $0.maxMemorySize = -1 }, { $0.maxMemorySize = 8 << 30 }, { $0.maxWasmStack = 0 }, { $0.maxWasmStack = 4 << 20 },
      { $0.maxInstanceSize = 0 }, { $0.maxMemories = 100_000 }, { $0.memoryReservation = .max },
    ] as [@Sendable (inout EngineConfiguration) -> Void]
  )
  func numbersThatContradictEachOtherAreRefused(change: @Sendable (inout EngineConfiguration) -> Void) throws {
    let error = #expect(throws: WasmtimeError.self) { _ = try smallEngine(change) }
    #expect(error?.code == .engine)
  }

  #if os(Linux)
    @Test func aPoolThatNeedsMoreMappingsThanTheProcessMayHaveIsRefused() throws {
      var configuration = EngineConfiguration()
      configuration.maxMemories = 2
      let error = #expect(throws: WasmtimeError.self) { try configuration.check(mappingLimit: 2 * Int(configuration.maxStacks)) }
      #expect(error?.code == .engine)
      #expect(error?.message.contains("vm.max_map_count") == true)
      try configuration.check(mappingLimit: nil)
      try configuration.check(mappingLimit: 1 << 24)
      #expect(try #require(EngineConfiguration.mappingLimit) > 0)
    }
  #endif
}
