import RopewalkTesting
import Testing
import Wasmtime

@testable import RopewalkWasm

@Suite(.takesTurns(within: .seconds(60))) struct EpochTickerTests {
  private func engine() throws -> Engine {
    var configuration = EngineConfiguration()
    configuration.maxStacks = 16
    configuration.maxInstances = 4
    configuration.maxMemories = 4
    configuration.maxTables = 4
    return try Engine(configuration)
  }

  @Test func sleepsWhenNoGuestRuns() async throws {
    let ticker = EpochTicker(engine: try engine(), tick: .milliseconds(1))
    for _ in 0..<3 {
      try await eventually { ticker.isParked }
      ticker.guestStarts()
      #expect(!ticker.isParked)
      ticker.guestStops()
    }
  }

  @Test func aGuestIsInterruptedAfterTheTickerSlept() async throws {
    let engine = try engine()
    let ticker = EpochTicker(engine: engine, tick: .milliseconds(1))
    try await eventually { ticker.isParked }
    let store = Store(engine: engine, state: Counter())
    let module = try Module(engine: engine, bytes: try Module.bytes(text: #"(module (func (export "f") (loop $again (br $again))))"#))
    let instance = try Linker<Counter>(engine: engine).template(for: module).instantiate(in: store)
    let function = try instance.function(named: "f")
    ticker.guestStarts()
    defer { ticker.guestStops() }
    store.setEpochDeadline(2)
    let error = #expect(throws: CallError.self) { try store.call(function) }
    guard case .trap(let trap) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(trap.kind == .interrupt)
  }
}
