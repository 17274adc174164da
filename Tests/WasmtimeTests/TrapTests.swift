import RopewalkTesting
import Testing
import Wasmtime

@Suite(.takesTurns) struct TrapTests {
  private static let cases: [(Trap.Kind, String)] = [
    (.unreachable, "(func (export \"f\") unreachable)"),
    (.memoryOutOfBounds, "(memory 1) (func (export \"f\") (drop (i32.load (i32.const 65536))))"),
    (.memoryOutOfBounds, "(memory 1) (func (export \"f\") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))"),
    (.tableOutOfBounds, "(table 1 funcref) (func (export \"f\") (drop (table.get (i32.const 1))))"),
    (.indirectCallToNull, "(table 1 funcref) (func (export \"f\") (call_indirect (i32.const 0)))"),
    (
      .badSignature,
      "(table 1 funcref) (elem (i32.const 0) $g) (func $g (param i32)) (func (export \"f\") (call_indirect (i32.const 0)))"
    ),
    (.integerOverflow, "(func (export \"f\") (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))"),
    (.integerDivisionByZero, "(func (export \"f\") (drop (i32.div_s (i32.const 1) (i32.const 0))))"),
    (.badConversionToInteger, "(func (export \"f\") (drop (i32.trunc_f64_s (f64.const nan))))"),
    (.stackOverflow, "(func $f (export \"f\") (call $f) (drop (i32.add (i32.const 1) (i32.const 1))))"),
  ]

  @Test(arguments: cases) func eachKindIsTold(kind: Trap.Kind, text: String) throws {
    let guest = try Guest("(module \(text))")
    let trap = try trap { _ = try guest.store.call(guest.function("f")) }
    #expect(trap.kind == kind)
    #expect(!trap.message.isEmpty)
    #expect(trap.backtrace.isEmpty == false)
  }
}

/// The trap that `body` must end with.
func trap(_ body: () throws -> Void) throws -> Trap {
  let error = #expect(throws: CallError.self) { try body() }
  guard case .trap(let trap)? = error else { throw NoTrap(error: error) }
  return trap
}

struct NoTrap: Error {
  var error: CallError?
}
