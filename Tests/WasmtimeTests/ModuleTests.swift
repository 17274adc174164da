import RopewalkTesting
import Testing
import Wasmtime

@Suite(.takesTurns) struct ModuleTests {
  @Test func importsAndExportsAreTold() throws {
    let module = try module(
      """
      (module
        (import "a" "f" (func (param i32 f64 v128) (result i64)))
        (import "a" "m" (memory 2 5))
        (import "b" "t" (table 3 9 funcref))
        (import "b" "g" (global (mut f32)))
        (func (export "x") (param funcref))
        (table (export "y") 4 funcref)
        (global (export "z") i32 (i32.const 1)))
      """
    )
    #expect(
      module.imports.map(\.description) == [
        "a.f: function (i32, f64, v128) -> (i64)", "a.m: memory of 2 to 5 pages", "b.t: table of 3 to 9 elements",
        "b.g: mutable global f32",
      ]
    )
    #expect(
      module.exports.map(\.description) == ["x: function (funcref) -> ()", "y: table of 4 to any elements", "z: global i32"]
    )
    #expect(module.export(named: "z")?.description == "global i32")
    #expect(module.export(named: "w") == nil)
  }

  @Test func whatIsNoModuleIsRefused() throws {
    let whole = try Module.bytes(text: "(module (func (export \"f\") (result i32) (i32.const 1)))")
    let cases: [[UInt8]] = [
      [], [0], Array("hello, world".utf8), Array(whole.dropLast(3)), Array(whole.prefix(8)) + [0xff], whole + [1, 2, 3],
      [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0],
    ]
    for bytes in cases {
      let error = #expect(throws: WasmtimeError.self) { _ = try Module(engine: sharedEngine, bytes: bytes) }
      #expect(error?.code == .invalidModule)
      #expect(throws: WasmtimeError.self) { try Module.validate(bytes, engine: sharedEngine) }
    }
    try Module.validate(whole, engine: sharedEngine)
  }

  @Test(arguments: [
    "(memory 1 1 shared)", "(memory i64 1)", "(tag)", "(func (param externref))", "(func (param exnref))", "(func (param anyref))",
    "(type $f (func)) (func (param (ref $f)))", "(memory 1) (memory 1)", "(type (struct (field i32)))", "(memory 1 1 (pagesize 1))",
  ])
  func whatIsSwitchedOffIsRefused(text: String) throws {
    let error = #expect(throws: WasmtimeError.self) { _ = try module("(module \(text))") }
    #expect(error?.code == .invalidModule)
  }

  @Test func modernModulesAreAccepted() throws {
    _ = try module(
      """
      (module
        (memory 1)
        (func (result i32 i32) (i32.const 1) (i32.const 2))
        (func $tail (param i32) (return_call $tail (local.get 0)))
        (func (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0)))
        (func (memory.copy (i32.const 0) (i32.const 1) (i32.const 2)))
        (func (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))
        (func (param i32) (result i32) (i32.extend8_s (local.get 0))))
      """
    )
  }

  @Test func mistakesInTextHaveAPlace() throws {
    let error = #expect(throws: WasmtimeError.self) { _ = try Module.bytes(text: "(module\n  (funk))") }
    #expect(error?.message.contains("2:4") == true)
  }

  @Test func aDataSegmentThatDoesNotFitIsATrap() throws {
    let trap = try trap { _ = try Guest("(module (memory 1) (data (i32.const 65536) \"x\"))") }
    #expect(trap.kind == .memoryOutOfBounds)
  }

  @Test func theBacktraceNamesFunctionsAndPlaces() throws {
    let guest = try Guest("(module $m (func $inner unreachable) (func $outer (export \"f\") (call $inner)))")
    let frames = try trap { _ = try guest.store.call(guest.function("f")) }.backtrace
    #expect(frames.map(\.functionName) == ["inner", "outer"])
    #expect(frames.map(\.functionIndex) == [0, 1])
    #expect(frames.allSatisfy { $0.moduleName == "m" && $0.moduleOffset != nil && $0.functionOffset != nil })
    #expect(frames[0].description.hasPrefix("m!inner+0x"))
  }
}
