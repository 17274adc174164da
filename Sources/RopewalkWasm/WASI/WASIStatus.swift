/// `errno` of `wasi_snapshot_preview1`, as far as it is answered here.
enum WASIStatus: Int32 {
  case success = 0
  case badDescriptor = 8
  case invalid = 28
  case notSupported = 52
  case illegalSeek = 70
}

/// The guest ended itself with `proc_exit`.
struct GuestExit: Error, CustomStringConvertible {
  var code: Int32

  var description: String { "the guest ended itself with exit code \(code)" }
}
