import Testing
import Wasmtime

/// WASM modules that cannot be a step.
extension ValidateCommandTests {
  /// A module without code: the eight bytes of magic and version.
  private static let emptyModule: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]

  @Test(arguments: [
    ("not-wasm.wasm", Array("hello".utf8), "is not a WASM module"),
    ("truncated.wasm", emptyModule + [1, 200], "is truncated"),
    ("empty.wasm", [], "is not a WASM module"),
    ("no-exports.wasm", emptyModule, "ropewalk_abi_v1"),
  ])
  func refusesBadModules(name: String, bytes: [UInt8], expected: String) async throws {
    try await Folder.with { folder in
      try folder.write(name, bytes)
      try folder.write("bad.yaml", integration(filter: "{ type: wasm, source: ./\(name) }"))
      let result = try await Ropewalk.run("validate", "bad.yaml", in: folder)
      #expect(result.exitCode == 65)
      #expect(result.errors.contains("bad.yaml:7:"), "\(result.errors)")
      #expect(result.errors.contains(expected), "\(result.errors)")
    }
  }

  /// A module with all that it must export.
  private static func module(imports: String = "", pages: Int = 1) throws -> [UInt8] {
    try Module.bytes(
      text: """
        (module \(imports) (memory (export "memory") \(pages)) (func (export "ropewalk_abi_v1"))
          (func (export "ropewalk_process") (param i32) (result i32) (i32.const 0)))
        """
    )
  }

  @Test func refusesModulesThatWantMoreThanTheyWereGiven() async throws {
    try await Folder.with { folder in
      let call = #"(import "ropewalk" "http_call" (func (param i32 i32) (result i32)))"#
      try folder.write("calls.wasm", Self.module(imports: call))
      try folder.write("huge.wasm", Self.module(pages: 65_536))
      for (name, expected) in [
        ("calls", "'calls.wasm' imports 'ropewalk.http_call', and the step is not granted 'HTTPCall'"),
        ("huge", "'huge.wasm' declares 4Gi of memory from the start; the step's memoryLimit is 64Mi"),
      ] {
        try folder.write("bad.yaml", integration(filter: "{ type: wasm, source: ./\(name).wasm }"))
        let result = try await Ropewalk.run("validate", "bad.yaml", in: folder)
        #expect(result.exitCode == 65)
        #expect(result.errors.contains("bad.yaml:7:") && result.errors.contains(expected), "\(result.errors)")
      }
      try folder.write(
        "good.yaml",
        integration(
          filter: "{ type: wasm, source: ./calls.wasm, config: { capabilities: [HTTPCall], http: { allow: [e.com] } } }",
          outgoing: "{ type: file, config: { path: ./out.txt } }",
          incoming: "{ type: file, config: { path: ./in.csv } }"
        )
      )
      let granted = try await Ropewalk.run("validate", "good.yaml", in: folder)
      #expect(granted.exitCode == 0, "\(granted.errors)")
    }
  }
}
