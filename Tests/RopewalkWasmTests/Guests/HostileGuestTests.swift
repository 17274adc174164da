import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Testing

@testable import RopewalkWasm

/// What a guest may try, and what becomes of its message and of the next one.
@Suite(.takesTurns) struct HostileGuestTests {
  let workshop: Workshop

  init() throws {
    workshop = try Workshop()
  }

  private func failure(_ wat: String, _ payload: String = "x", _ change: (inout WasmStep) -> Void = { _ in }) async throws -> LogicError {
    let node = try await workshop.node(workshop.step(wat: wat, change))
    return try await #require(throws: LogicError.self) { try await node.process(Message(payload)) }
  }

  @Test func aLoopIsInterrupted() async throws {
    let node = try await workshop.node(workshop.step(wat: GuestText.loop) { $0.limits.timeout = .milliseconds(100) })
    let error = try await #require(throws: LogicError.self) { try await node.process(Message("x")) }
    #expect(error.code == .stepTimeout)
    #expect(!error.recoverable)
    #expect(error.message == "step 'filter-1' took longer than its timeout of 100ms")
    #expect(!error.backtrace.isEmpty)
  }

  /// A guest that shows a byte for it is told that its time is used up, and can say where it was.
  @Test(arguments: [(64, "; it says: in the loop"), (1 << 30, "")])
  func aLoopThatLooksCanSayWhereItWas(address: Int, words: String) async throws {
    let wat = GuestText.module(
      """
      (loop $again (br_if $again (i32.eqz (i32.load8_u (i32.const 64)))))
      (drop (call $fail (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 11) (i32.const 0)))
      (i32.const 2)
      """,
      imports: [.fail],
      data: #"(data (i32.const 100) "in the loop")"#,
      more: #"(func (export "ropewalk_stop") (result i32) (i32.const \#(address)))"#
    )
    let node = try await workshop.node(workshop.step(wat: wat) { $0.limits.timeout = .milliseconds(100) })
    for _ in 0..<2 {
      let error = try await #require(throws: LogicError.self) { try await node.process(Message("x")) }
      #expect(error.code == .stepTimeout)
      #expect(error.message == "step 'filter-1' took longer than its timeout of 100ms" + words)
    }
  }

  @Test func memoryIsBounded() async throws {
    let error = try await failure(GuestText.allocate) { $0.limits.memoryLimit = .mebibytes(8) }
    #expect(error.code == .stepMemoryLimit)
    #expect(error.message.contains("it had 8Mi of its 8Mi of memory"))
  }

  @Test func recursionEnds() async throws {
    let error = try await failure(GuestText.recurse)
    #expect(error.code == .stepStackOverflow)
    #expect(error.backtrace.count > 1)
  }

  @Test(arguments: [
    ("unreachable", "the guest gave up"), ("(i32.div_u (local.get $length) (i32.const 0))", "divided an integer by zero"),
    ("(i32.load (i32.const -4))", "outside its memory"), ("(i32.const 7)", "answered 7"),
  ])
  func aTrapIsOneMessages(body: String, words: String) async throws {
    let error = try await failure(GuestText.module(body))
    #expect(error.code == .stepTrap)
    #expect(error.message.contains(words))
    #expect(!error.recoverable)
  }

  @Test(arguments: [
    (HostFunction.payloadRead, "(i32.const -1) (i32.const 0) (i32.const 1)"),
    (.payloadRead, "(i32.const 65535) (i32.const 0) (i32.const 4)"),
    (.outputWrite, "(i32.const 65000) (i32.const 1000)"),
    (.outputContentType, "(i32.const -2147483648) (i32.const 8)"),
    (.field, "(i32.const 0) (i32.const -8) (i32.const 8)"),
    (.resultRead, "(i32.const -1) (i32.const 10)"),
    (.fail, "(i32.const 0) (i32.const 0) (i32.const 65530) (i32.const 100) (i32.const 0)"),
    (.log, "(i32.const 2) (i32.const 65530) (i32.const 100)"),
    (.transform, "(i32.const -9) (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)"),
    (.validate, "(i32.const 0) (i32.const 0) (i32.const -9) (i32.const 9)"),
    (.httpCall, "(i32.const -9) (i32.const 9)"),
  ])
  func aBadPointerIsRefused(function: HostFunction, arguments: String) async throws {
    // `fail` makes a result, so that `result_read` has something to write.
    let body = "(drop (call $field (i32.const 10) (i32.const 0) (i32.const 0))) (call $\(function.rawValue) \(arguments))"
    let error = try await failure(GuestText.module(body, imports: Set([.field, function]).sorted { $0.rawValue < $1.rawValue }), "four") {
      $0.capabilities = Set(Capability.allCases)
    }
    #expect(error.code == .stepBadPointer)
    #expect(error.message.contains("outside the guest's memory of 65536 bytes"))
  }

  @Test(arguments: [
    (HostFunction.field, "(i32.const 0) (i32.const 0) (i32.const 65537)", GuestStatus.notFound),
    (.transform, "(i32.const 0) (i32.const 257) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)", .tooLarge),
  ])
  func namesAreBounded(function: HostFunction, arguments: String, status: GuestStatus) async throws {
    let wat = GuestText.module(
      """
      (if (i32.ne (call $\(function.rawValue) \(arguments)) (i32.const \(status.rawValue))) (then unreachable))
      (i32.const 0)
      """,
      imports: [function],
      memory: "2"
    )
    let node = try await workshop.node(workshop.step(wat: wat) { $0.capabilities = [.transform] })
    #expect(try await node.process(Message("x")) == .pass)
  }

  @Test func randomBytesFillExactlyWhatWasNamed() async throws {
    let wat = """
      (module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "ropewalk" "output_write" (func $output (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "ropewalk_abi_v1"))
        (func (export "ropewalk_process") (param i32) (result i32)
          (drop (call $random (i32.const 8) (i32.const 45)))
          (drop (call $output (i32.const 0) (i32.const 64)))
          (i32.const 0)))
      """
    let node = try await workshop.node(workshop.step(wat: wat))
    guard case .replace(let bytes, _, _) = try await node.process(Message("x")) else {
      Issue.record("there is no output")
      return
    }
    #expect(bytes.count == 64)
    let isUntouchedAround = (bytes[..<8] + bytes[53...]).allSatisfy { $0 == 0 }
    #expect(isUntouchedAround)
    // They are taken eight at a time, the last five apart.
    for start in stride(from: 8, to: 53, by: 8) {
      let isFilled = bytes[start..<min(start + 8, 53)].contains { $0 != 0 }
      #expect(isFilled)
    }
  }

  @Test func outputIsBounded() async throws {
    let wat = GuestText.module(
      "(call $output_write (i32.const 0) (i32.const 65536)) (i32.eqz) (i32.eqz) (drop) (i32.const 0)",
      imports: [.outputWrite]
    )
    let error = try await failure(wat) { $0.limits.maxOutputSize = .kibibytes(32) }
    #expect(error.code == .stepOutputTooLarge)
    #expect(error.message.contains("32Ki"))
  }

  @Test func aGuestThatEndsItselfEndsOnlyItsMessage() async throws {
    let wat = """
      (module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "ropewalk_abi_v1"))
        (func (export "ropewalk_process") (param i32) (result i32) (call $exit (i32.const 3)) (i32.const 0)))
      """
    let error = try await failure(wat)
    #expect(error.code == .stepTrap)
    #expect(error.message.contains("exit code 3"))
  }

  @Test func theNextMessageGetsANewInstance() async throws {
    let node = try await workshop.node(workshop.step(wat: GuestText.count))
    #expect(try await node.process(Message("1")).text == "1")
    #expect(try await node.process(Message("1")).text == "2")
    await #expect(throws: LogicError.self) { try await node.process(Message("trap")) }
    #expect(workshop.runtime.liveInstances == 0)
    #expect(try await node.process(Message("1")).text == "1")
    // Another customer has an instance of its own.
    #expect(try await node.process(Message("1", customer: "other")).text == "1")
    #expect(workshop.runtime.liveInstances == 2)
  }

  @Test func anInstanceThatGrewIsNotKept() async throws {
    let node = try await workshop.node(workshop.step(wat: GuestText.count))
    #expect(try await node.process(Message("grow!")).text == "1")
    #expect(workshop.runtime.liveInstances == 0)
  }

  @Test func aMessageThatIsCancelledIsAbandoned() async throws {
    let node = try await workshop.node(workshop.step(wat: GuestText.loop) { $0.limits.timeout = .seconds(60) })
    let error = await withTaskGroup(of: LogicError?.self) { group in
      group.addTask {
        do throws(LogicError) {
          _ = try await node.process(Message("x"))
          return nil
        } catch {
          return error
        }
      }
      group.cancelAll()
      return await group.next() ?? nil
    }
    #expect(error?.code == .stepCancelled)
  }
}
