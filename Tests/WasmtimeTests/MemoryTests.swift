import RopewalkTesting
import Testing
import Wasmtime

@Suite(.takesTurns) struct MemoryTests {
  private static let text = "(module (memory (export \"memory\") 1 2) (data (i32.const 4) \"abc\\ff\") (func (export \"f\")))"
  private static let end: UInt32 = 65_536

  @Test func bytesGoInAndOut() throws {
    let guest = try Guest(Self.text)
    let memory = try guest.instance.memory()
    try guest.store.withMemory(memory) { (view) throws in
      #expect(view.byteCount == 65_536)
      #expect(try view.bytes(at: 4, count: 3) == Array("abc".utf8))
      #expect(try view.string(at: 4, count: 3) == "abc")
      #expect(try view.string(at: 4, count: 4) == nil)
      try view.write([0, 1, 2, 3][1...], at: Self.end - 3)
      #expect(try view.bytes(at: Self.end - 3, count: 3) == [1, 2, 3])
      try view.withMutableBytes(at: 0, count: 4) { $0.storeBytes(of: 0x0403_0201 as UInt32, as: UInt32.self) }
      #expect(try view.withBytes(at: 0, count: 4) { $0.unsafeLoad(as: UInt32.self) } == 0x0403_0201)
      #expect(try view.bytes(at: Self.end, count: 0) == [])
    }
  }

  @Test(arguments: [(end, 1), (end - 1, 2), (0, end + 1), (.max, 1), (.max, .max), (1, .max), (end + 1, 0)] as [(UInt32, UInt32)])
  func bytesOutsideAreRefused(offset: UInt32, count: UInt32) throws {
    let guest = try Guest(Self.text)
    let memory = try guest.instance.memory()
    try guest.store.withMemory(memory) { (view) throws in
      #expect(throws: MemoryAccessError.self) { try view.bytes(at: offset, count: count) }
      #expect(throws: MemoryAccessError.self) { try view.string(at: offset, count: count) }
      #expect(throws: MemoryAccessError.self) { try view.withBytes(at: offset, count: count) { _ in } }
      #expect(throws: MemoryAccessError.self) { try view.withMutableBytes(at: offset, count: count) { _ in } }
    }
  }

  @Test func writingOutsideChangesNothing() throws {
    let guest = try Guest(Self.text)
    try guest.store.withMemory(guest.instance.memory()) { (view) throws in
      let error = #expect(throws: MemoryAccessError.self) { try view.write([9, 9], at: Self.end - 1) }
      #expect(error?.description == "2 bytes at 65535 are outside the guest's memory of 65536 bytes")
      #expect(try view.bytes(at: Self.end - 1, count: 1) == [0])
    }
  }

  @Test func aNewInstanceOfTheSameSlotStartsClean() throws {
    for _ in 0..<3 {
      let guest = try Guest(Self.text)
      try guest.store.withMemory(guest.instance.memory()) { (view) throws in
        #expect(try view.bytes(at: 0, count: 8) == [0, 0, 0, 0, 0x61, 0x62, 0x63, 0xff])
        try view.write(Array(repeating: 7, count: 65_536).span, at: 0)
      }
    }
  }

  #if os(Linux)
    @Test func pagesThatWereWrittenToCanBeCopiedForTheNext() throws {
      let text = """
        (module (memory (export "memory") 4) (data (i32.const 40960) "abc")
          (func (export "f")
            (i32.store (i32.const 40962) (i32.const 7))
            (i32.store (i32.const 45056) (i32.const 7))
            (i32.store (i32.const 200000) (i32.const 7))))
        """
      let first = try Guest(text)
      let (memory, size) = (try first.instance.memory(), 4 * 65_536)
      #expect(first.store.writtenPages(of: memory, within: size).ranges == [])
      _ = try first.store.call(first.function("f"))
      let written = first.store.writtenPages(of: memory, within: size)
      #expect(written.ranges == [40_960..<49_152, 196_608..<200_704])
      #expect(first.store.writtenPages(of: memory, within: 45_056).ranges == [40_960..<45_056])

      let second = try Guest(text)
      let its = try second.instance.memory()
      second.store.copy(written, of: its)
      #expect(second.store.writtenPages(of: its, within: size) == written)
      try second.store.withMemory(its) { (view) throws in
        #expect(try view.bytes(at: 40_959, count: 5) == [0, 0x61, 0x62, 0x63, 0])
        #expect(try view.bytes(at: 200_000, count: 1) == [0])
      }
    }

    @Test func pagesThatAMemoryHasNotAreNotCopied() throws {
      let large = try Guest("(module (memory (export \"memory\") 4) (func (export \"f\") (i32.store (i32.const 200000) (i32.const 7))))")
      _ = try large.store.call(large.function("f"))
      let written = large.store.writtenPages(of: try large.instance.memory(), within: .max)
      #expect(written.ranges.count == 1)
      let small = try Guest(Self.text)
      small.store.copy(written, of: try small.instance.memory())
      #expect(small.store.writtenPages(of: try small.instance.memory(), within: .max).ranges == [])
    }
  #endif

  @Test func exportsAreFoundByNameAndKind() throws {
    let many = Array(repeating: "i64", count: 33).joined(separator: " ")
    let guest = try Guest(
      "(module (memory (export \"m\") 1) (func (export \"g\") (param v128)) (func (export \"h\") (result i32 i32) unreachable) (func (export \"p\") (param \(many))))"
    )
    #expect(throws: WasmtimeError.self) { _ = try guest.instance.memory() }
    _ = try guest.instance.memory(named: "m")
    for (name, code) in [
      ("m", WasmtimeError.Code.noSuchExport), ("x", .noSuchExport), ("g", .signature), ("h", .signature), ("p", .signature),
    ] {
      let error = #expect(throws: WasmtimeError.self) { _ = try guest.function(name) }
      #expect(error?.code == code)
    }
  }

  @Test func theNumberOfArgumentsIsChecked() throws {
    let guest = try Guest("(module (func (export \"f\") (param i32 i64) (result i64) (local.get 1)))")
    let function = try guest.function("f")
    #expect(function.type == FunctionType([.i32, .i64], [.i64]))
    #expect(try guest.store.call(function, .zero, RawValue(Int64(-5))).i64 == -5)
    #expect(try guest.store.call(function, arguments: [.zero, RawValue(Int64(-6))]).i64 == -6)
    let error = #expect(throws: CallError.self) { _ = try guest.store.call(function, .zero) }
    guard case .engine(let cause)? = error else { throw NoTrap(error: error) }
    #expect(cause.code == .signature)
    #expect(throws: CallError.self) { _ = try guest.store.startFinished(function, .zero) }
  }

  @Test func manyArgumentsCross() throws {
    let parameters = Array(repeating: "i64", count: 31).joined(separator: " ")
    let guest = try Guest("(module (func (export \"f\") (param \(parameters)) (result i64) (local.get 30)))")
    let arguments = (1...31).map { RawValue(Int64($0)) }
    #expect(try guest.store.call(guest.function("f"), arguments: arguments).i64 == 31)
    var call = try guest.store.startCall(guest.function("f"), arguments: arguments)
    #expect(try call.poll() == .finished(RawValue(Int64(31))))
  }

  @Test func eachTypeOfNumberComesBack() throws {
    let guest = try Guest(
      """
      (module (func (export "i32") (param i32) (result i32) (local.get 0)) (func (export "i64") (param i64) (result i64) (local.get 0))
        (func (export "f32") (param f32) (result f32) (local.get 0)) (func (export "f64") (param f64) (result f64) (local.get 0)))
      """
    )
    let values = [
      ("i32", RawValue(Int32(-7))), ("i64", RawValue(Int64.min)), ("f32", RawValue(Float(-1.5))), ("f64", RawValue(Double.pi)),
    ]
    for (name, value) in values {
      #expect(try guest.store.call(guest.function(name), value) == value)
      #expect(try guest.store.startFinished(guest.function(name), value) == value)
    }
    #expect(RawValue(Int32(-7)).i32 == -7)
    #expect(RawValue(Float(-1.5)).f32 == -1.5)
  }
}
