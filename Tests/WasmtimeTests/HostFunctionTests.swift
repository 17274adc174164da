import RopewalkTesting
import Testing
import Wasmtime

@Suite(.takesTurns) struct HostFunctionTests {
  private struct Refusal: Error, Equatable, CustomStringConvertible {
    var description: String { "refused by the host" }
  }

  @Test func itSeesStateArgumentsAndMemory() throws {
    let guest = try Guest(
      """
      (module
        (import "host" "add" (func $add (param i32 i64 f32 f64) (result f64)))
        (import "host" "say" (func $say (param i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "hello")
        (func (export "f") (result f64)
          (call $say (i32.const 16) (i32.const 5))
          (call $add (i32.const -1) (i64.const 2) (f32.const 0.5) (f64.const 10))))
      """
    ) { linker, module in
      try linker.define(module.imports[0]) { _, values in
        RawValue(Double(values[0].i32) + Double(values[1].i64) + Double(values[2].f32) + values[3].f64)
      }
      try linker.define(module.imports[1]) { caller, values in
        caller.state.text = try caller.withMemory { try $0.string(at: values[0].u32, count: values[1].u32) ?? "" }
        return .zero
      }
    }
    #expect(try guest.store.call(guest.function("f")).f64 == 11.5)
    #expect(guest.store.state.text == "hello")
  }

  @Test func whatItThrowsComesBack() throws {
    let guest = try Guest("(module (import \"h\" \"f\" (func $h)) (func $outer (export \"f\") (call $h)))") { linker, module in
      try linker.define(module.imports[0]) { _, _ in throw Refusal() }
    }
    let trap = try trap { _ = try guest.store.call(guest.function("f")) }
    #expect(trap.kind == .host)
    #expect(trap.hostError as? Refusal == Refusal())
    #expect(trap.message == "refused by the host")
    #expect(trap.backtrace.map(\.functionName) == ["outer"])
  }

  @Test func theErrorOfOneCallIsNotTheNextOnes() throws {
    let guest = try Guest(
      "(module (import \"h\" \"f\" (func $h)) (func (export \"f\") (call $h)) (func (export \"g\") unreachable))"
    ) { linker, module in
      try linker.define(module.imports[0]) { _, _ in throw Refusal() }
    }
    #expect(try trap { _ = try guest.store.call(guest.function("f")) }.kind == .host)
    #expect(try trap { _ = try guest.store.call(guest.function("g")) }.kind == .unreachable)
  }

  @Test(arguments: [2, 3]) func itTakesTheTypeThatTheModuleDeclares(count: Int) throws {
    let parameters = Array(repeating: "i32", count: count).joined(separator: " ")
    let arguments = (1...count).map { "(i32.const \($0))" }.joined()
    let guest = try Guest(
      "(module (import \"h\" \"f\" (func $h (param \(parameters)) (result i32))) (func (export \"f\") (result i32) (call $h \(arguments))))"
    ) { linker, module in
      try linker.define(module.imports[0]) { _, values in
        RawValue((0..<values.count).reduce(0) { $0 + values[$1].u32 })
      }
    }
    #expect(try guest.store.call(guest.function("f")).u32 == (count == 2 ? 3 : 6))
  }

  @Test func aMissingImportIsNamed() throws {
    let error = #expect(throws: WasmtimeError.self) { _ = try Guest("(module (import \"env\" \"gone\" (func)))") }
    #expect(error?.code == .link)
    #expect(error?.message.contains("env::gone") == true)
  }

  @Test(arguments: ["(memory 1)", "(table 1 funcref)", "(global i32)"]) func onlyFunctionsCanBeDefined(item: String) throws {
    let module = try module("(module (import \"h\" \"x\" \(item)))")
    let error = #expect(throws: WasmtimeError.self) {
      try Linker<GuestState>(engine: sharedEngine).define(module.imports[0]) { _, _ in .zero }
    }
    #expect(error?.code == .link)
  }

  @Test(arguments: ["(param v128)", "(result funcref)", "(result i32 i32)"]) func onlyNumbersCanCross(type: String) throws {
    let module = try module("(module (import \"h\" \"x\" (func \(type))))")
    let linker = Linker<GuestState>(engine: sharedEngine)
    #expect(throws: WasmtimeError.self) { try linker.define(module.imports[0]) { _, _ in .zero } }
    let error = #expect(throws: WasmtimeError.self) {
      try linker.defineAsync(module.imports[0]) { _, _ in HostFuture(poll: { .zero }) }
    }
    #expect(error?.code == .signature)
  }

  @Test func definingTwiceIsRefused() throws {
    let module = try module("(module (import \"h\" \"x\" (func)))")
    let linker = Linker<GuestState>(engine: sharedEngine)
    try linker.define(module.imports[0]) { _, _ in .zero }
    let error = #expect(throws: WasmtimeError.self) { try linker.define(module.imports[0]) { _, _ in .zero } }
    #expect(error?.code == .link)
  }

  @Test func itsClosureGoesWithTheTemplate() throws {
    final class Owned: Sendable {}
    weak var owned: Owned?
    do {
      let held = Owned()
      owned = held
      let guest = try Guest("(module (import \"h\" \"x\" (func)))") { linker, module in
        try linker.define(module.imports[0]) { _, _ in
          _ = held
          return .zero
        }
      }
      #expect(guest.store.limits.instances == 1)
    }
    #expect(owned == nil)
  }

  @Test func aGuestWithoutMemoryHasNoBytes() throws {
    let guest = try Guest("(module (import \"h\" \"x\" (func $h)) (func (export \"f\") (call $h)))") { linker, module in
      try linker.define(module.imports[0]) { caller, _ in
        try caller.withMemory { _ = try $0.bytes(at: 0, count: 1) }
        return .zero
      }
    }
    let trap = try trap { _ = try guest.store.call(guest.function("f")) }
    #expect((trap.hostError as? MemoryAccessError)?.byteCount == 0)
  }

  @Test func eachInstanceOfAStoreSeesItsOwnMemory() throws {
    let module = try module(
      """
      (module (import "h" "x" (func $h)) (memory (export "memory") 1)
        (func (export "set") (param i32) (i32.store (i32.const 0) (local.get 0)))
        (func (export "f") (call $h)))
      """
    )
    let linker = Linker<GuestState>(engine: sharedEngine)
    try linker.define(module.imports[0]) { caller, _ in
      caller.state.numbers.append(try caller.withMemory { UInt32(try $0.bytes(at: 0, count: 1)[0]) })
      return .zero
    }
    let store = Store(engine: sharedEngine, state: GuestState(), limits: StoreLimits(instances: 2, memories: 2))
    let template = try linker.template(for: module)
    for number in 1...2 as ClosedRange<UInt32> {
      let instance = try template.instantiate(in: store)
      _ = try store.call(instance.function(named: "set"), RawValue(number))
      _ = try store.call(instance.function(named: "f"))
    }
    #expect(store.state.numbers == [1, 2])
  }

  @Test func itCanBeCalledWhileTheInstanceStarts() throws {
    let guest = try Guest(
      """
      (module (import "h" "x" (func $h)) (memory (export "memory") 1) (data (i32.const 0) "\\07")
        (func $start (call $h)) (start $start))
      """
    ) { linker, module in
      try linker.define(module.imports[0]) { caller, _ in
        caller.state.numbers.append(try caller.withMemory { UInt32(try $0.bytes(at: 0, count: 1)[0]) })
        return .zero
      }
    }
    #expect(guest.store.state.numbers == [7])
  }
}
