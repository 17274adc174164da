import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import Testing
import Wasmtime

@testable import RopewalkWasm

@Suite(.takesTurns) struct ModuleCheckTests {
  private let mark = SourceMark(file: "orders.yaml", line: 7, column: 15)

  private func problems(_ bytes: [UInt8], granted: Set<Capability> = []) -> [Diagnostic] {
    let check = ModuleCheck(
      name: "guest.wasm",
      role: .step,
      initialMemory: LogicLimits().memoryLimit,
      granted: granted,
      mark: mark,
      field: "spec.steps[0].filter.source"
    )
    do throws(DiagnosticsError) {
      try check.run(bytes)
      return []
    } catch {
      return error.diagnostics
    }
  }

  private func problems(_ wat: String, granted: Set<Capability> = []) throws -> [Diagnostic] {
    problems(try Module.bytes(text: wat), granted: granted)
  }

  /// A module with the exports that it must have, and `more`.
  private func module(_ more: String, memory: String = #"(memory (export "memory") 1)"#) -> String {
    """
    (module \(more) \(memory) (func (export "ropewalk_abi_v1"))
      (func (export "ropewalk_process") (param i32) (result i32) (i32.const 0)))
    """
  }

  @Test func aGoodModulePasses() throws {
    #expect(try problems(module("")).isEmpty)
    #expect(try problems(GuestText.call, granted: [.httpCall]).isEmpty)
  }

  @Test(arguments: [
    ("hello", "not a WASM module"), ("", "not a WASM module"), ("(module)", "WebAssembly text"), ("\0asm", "truncated"),
    ("\0asm\u{2}\0\0\0", "unknown version 2"), ("\0asm\u{d}\0\u{1}\0", "component"),
  ])
  func whatIsNoModuleIsNamed(text: String, words: String) {
    let problems = problems(Array(text.utf8))
    #expect(problems.count == 1)
    #expect(problems[0].message.contains(words))
    #expect(problems[0].mark == mark)
    #expect(problems[0].field == "spec.steps[0].filter.source")
  }

  @Test func everyTruncationIsRefusedWithoutACrash() throws {
    let bytes = try Module.bytes(text: GuestText.echo)
    var configuration = EngineConfiguration()
    configuration.maxStacks = 16
    configuration.maxMemories = 8
    let engine = try Engine(configuration)
    // Without its names at the end it is a whole module.
    for length in 0..<bytes.count where (try? Module.validate(Array(bytes[..<length]), engine: engine)) == nil {
      #expect(!problems(Array(bytes[..<length])).isEmpty, "the first \(length) of \(bytes.count) bytes")
    }
  }

  @Test func everyDamagedByteIsReadWithoutACrash() throws {
    let bytes = try Module.bytes(text: GuestText.call)
    var refused = 0
    for index in bytes.indices {
      for value: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
        var damaged = bytes
        damaged[index] = value
        if !problems(damaged, granted: [.httpCall]).isEmpty { refused += 1 }
      }
    }
    #expect(refused > bytes.count)
  }

  @Test(
    arguments: zip(
      [HostFunction.log, .httpCall, .transform, .validate],
      ["Log", "HTTPCall", "Transform", "Validate"]
    )
  )
  func anImportNeedsItsCapability(function: HostFunction, capability: String) throws {
    let wat = GuestText.module("(i32.const 0)", imports: [function])
    let refused = try problems(wat)
    #expect(refused.count == 1)
    #expect(refused[0].message == "'guest.wasm' imports 'ropewalk.\(function.rawValue)', and the step is not granted '\(capability)'")
    #expect(refused[0].remedy.contains("add '\(capability)' to the step's capabilities"))
    #expect(try problems(wat, granted: [try #require(Capability(rawValue: capability))]).isEmpty)
  }

  @Test func everythingIsToldAtOnce() throws {
    let problems = try problems(
      """
      (module
        (import "env" "abort" (func (param i32)))
        (import "ropewalk" "http_cal" (func (param i32 i32) (result i32)))
        (import "ropewalk" "field" (func (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32) (result i32)))
        (import "ropewalk" "secret" (global i32))
        (func $start)
        (start $start)
        (func (export "ropewalk_abi_v1"))
        (func (export "ropewalk_process") (result i32) (i32.const 0)))
      """
    )
    let text = problems.map(\.description).joined(separator: "\n")
    for words in [
      "'env.abort', which is unknown", "'ropewalk.http_cal', which is unknown; did you mean 'http_call'?",
      "imports 'ropewalk.field' as (i32) -> (i32)",
      "'wasi_snapshot_preview1.fd_write' as", "the global 'ropewalk.secret'", "a start function", "'ropewalk_process' as () -> (i32)",
      "does not export its memory",
    ] {
      #expect(text.contains(words), "\(words) in:\n\(text)")
    }
    #expect(problems.count == 8)
  }

  @Test(arguments: [
    (#"(module (memory (export "memory") 1))"#, "does not export 'ropewalk_abi_v1'"),
    (#"(module (memory (export "memory") 1) (func (export "_start")))"#, "is a program with '_start'"),
    (#"(module (memory (export "memory") 1) (func (export "ropewalk_abi_v2")))"#, "was built for another ABI ('ropewalk_abi_v2')"),
    (#"(module (memory (export "memory") 1) (func (export "ropewalk_abi_v1")))"#, "does not export the function 'ropewalk_process'"),
    (
      #"(module (memory (export "ropewalk_process") 1) (export "memory" (memory 0)) (func (export "ropewalk_abi_v1")))"#,
      "as a memory; it must be a function"
    ),
  ])
  func aMissingExportIsNamed(wat: String, words: String) throws {
    let problems = try problems(wat)
    #expect(problems.count == 1)
    #expect(problems[0].message.contains(words))
  }

  @Test func memoryIsHeldToItsLimit() throws {
    let problems = try problems(module("", memory: #"(memory (export "memory") 65536)"#))
    #expect(problems.count == 1)
    #expect(problems[0].message.contains("declares 4Gi of memory from the start; the step's memoryLimit is 64Mi"))
  }

  @Test(arguments: [
    ([0x05, 0x03, 0x01, 0x04, 0x01] as [UInt8], "64-bit"), ([0x05, 0x04, 0x01, 0x03, 0x01, 0x02], "shared"),
    ([0x05, 0x05, 0x02, 0x00, 0x01, 0x00, 0x01], "2 memories"),
  ])
  func otherMemoriesAreRefused(section: [UInt8], words: String) {
    let problems = problems([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0] + section)
    #expect(problems.contains { $0.message.contains(words) })
  }

  @Test func theSameImportTwiceIsFine() async throws {
    let workshop = try Workshop()
    let twice = #"(import "ropewalk" "field" (func (param i32 i32 i32) (result i32)))"#
    let node = try await workshop.node(workshop.step(wat: module(twice + twice)))
    #expect(try await node.process(Message("x")) == .pass)
  }

  @Test func aFileIsRefusedByTheRuntimeToo() async throws {
    let workshop = try Workshop()
    for bytes in [[], Array("hello".utf8), Array(try Module.bytes(text: GuestText.pass).dropLast(3))] {
      await #expect(throws: DiagnosticsError.self) { try await workshop.node(workshop.step(module: bytes)) }
    }
    var step = try workshop.step(wat: GuestText.pass)
    step.logic = .file("/nowhere/guest.wasm")
    let missing = await #expect(throws: DiagnosticsError.self) { try await workshop.node(step) }
    #expect(missing?.description.contains("/nowhere/guest.wasm") == true)
    step = try workshop.step(wat: GuestText.pass) { $0.limits.memoryLimit = .mebibytes(4096) }
    await #expect(throws: DiagnosticsError.self) { try await workshop.node(step) }
  }
}
