@testable import RopewalkWasm

/// Guests written as WebAssembly text.
enum GuestText {
  /// A guest with a body for `ropewalk_process(length)`, which may use the imports that it names.
  static func module(
    _ body: String,
    imports: [HostFunction] = [],
    memory: String = "1",
    data: String = "",
    more: String = ""
  ) -> String {
    let imported = imports.map { function in
      let parameters = Array(repeating: "i32", count: function.parameterCount).joined(separator: " ")
      return #"(import "ropewalk" "\#(function.rawValue)" (func $\#(function.rawValue) (param \#(parameters)) (result i32)))"#
    }
    return """
      (module
        \(imported.joined(separator: "\n  "))
        (memory (export "memory") \(memory))
        \(data)
        \(more)
        (func (export "ropewalk_abi_v1"))
        (func (export "ropewalk_process") (param $length i32) (result i32) (local $i i32) (local $j i32)
          \(body)))
      """
  }

  static let pass = module("(i32.const 0)")
  static let drop = module("(i32.const 1)")

  /// Answers what came in.
  static let echo = module(
    """
    (drop (call $payload_read (i32.const 0) (i32.const 0) (local.get $length)))
    (drop (call $output_write (i32.const 0) (local.get $length)))
    (i32.const 0)
    """,
    imports: [.payloadRead, .outputWrite]
  )

  /// Runs for ever.
  static let loop = module("(loop $again (br $again)) (i32.const 0)")

  /// Computes for ever, and logs its payload after every so many rounds.
  static let progress = module(
    """
    (drop (call $payload_read (i32.const 0) (i32.const 0) (local.get $length)))
    (loop $again
      (local.set $i (i32.const 20000000))
      (loop $round
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (br_if $round (i32.gt_s (local.get $i) (i32.const 0))))
      (drop (call $log (i32.const 2) (i32.const 0) (local.get $length)))
      (br $again))
    (i32.const 0)
    """,
    imports: [.payloadRead, .log]
  )

  static let recurse = module(
    "(call $deeper (i32.const 0))",
    more: "(func $deeper (param i32) (result i32) (i32.add (call $deeper (local.get 0)) (i32.const 1)))"
  )

  /// Takes memory page by page until there is no more, and gives up then.
  static let allocate = module(
    """
    (loop $again
      (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    unreachable
    """
  )

  /// Counts its messages, to tell instances apart: answers the count as one digit.
  static let count = module(
    """
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store8 (i32.const 0) (i32.add (global.get $n) (i32.const 48)))
    (drop (call $output_write (i32.const 0) (i32.const 1)))
    (if (i32.eq (local.get $length) (i32.const 4)) (then unreachable))
    (if (i32.eq (local.get $length) (i32.const 5)) (then (drop (memory.grow (i32.const 512)))))
    (i32.const 0)
    """,
    imports: [.outputWrite],
    more: "(global $n (mut i32) (i32.const 0))"
  )

  /// By the length of its payload: 1 passes, 2 is dropped, 4 traps, any other is answered by the number of messages so far.
  static let lawful = module(
    """
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (if (i32.eq (local.get $length) (i32.const 1)) (then (return (i32.const 0))))
    (if (i32.eq (local.get $length) (i32.const 2)) (then (return (i32.const 1))))
    (if (i32.eq (local.get $length) (i32.const 4)) (then unreachable))
    (i32.store8 (i32.const 0) (i32.add (global.get $n) (i32.const 48)))
    (drop (call $output_write (i32.const 0) (i32.const 1)))
    (i32.const 0)
    """,
    imports: [.outputWrite],
    more: "(global $n (mut i32) (i32.const 0))"
  )

  /// Takes its payload for the texts that a host function is called with, one behind the other, and calls it with these.
  static func calling(_ function: HostFunction, lengths: [Int]) -> String {
    var offset = 0
    var arguments: [String] = []
    for length in lengths {
      arguments.append("(i32.const \(offset)) (i32.const \(length))")
      offset += length
    }
    return module(
      """
      (drop (call $payload_read (i32.const 0) (i32.const 0) (local.get $length)))
      (drop (call $\(function.rawValue) \(arguments.joined(separator: " "))))
      (i32.const 0)
      """,
      imports: [.payloadRead, function],
      memory: "64"
    )
  }

  /// Writes its whole memory to standard output 1,024 times at once, for ever. Breaks unless 64 KiB of it are taken.
  static let flood = """
    (module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 512)
      (func (export "ropewalk_abi_v1"))
      (func (export "ropewalk_process") (param i32) (result i32) (local $i i32)
        (loop $fill
          (i32.store (i32.add (i32.const 1028) (i32.mul (local.get $i) (i32.const 8))) (i32.const 33554432))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $fill (i32.lt_u (local.get $i) (i32.const 1024))))
        (loop $again
          (drop (call $write (i32.const 1) (i32.const 1024) (i32.const 1024) (i32.const 0)))
          (if (i32.ne (i32.load (i32.const 0)) (i32.const 65536)) (then unreachable))
          (br $again))
        (i32.const 0)))
    """

  /// Makes the HTTP call that is its payload, and answers with the result or its status.
  static let call = module(
    """
    (drop (call $payload_read (i32.const 0) (i32.const 0) (local.get $length)))
    (local.set $i (call $http_call (i32.const 0) (local.get $length)))
    (local.set $j (call $result_read (i32.const 0) (i32.const 65536)))
    (drop (call $output_write (i32.const 0) (local.get $j)))
    (i32.const 0)
    """,
    imports: [.payloadRead, .outputWrite, .httpCall, .resultRead]
  )
}
