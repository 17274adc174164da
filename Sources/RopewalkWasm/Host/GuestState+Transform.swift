import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins
import Wasmtime

extension GuestState {
  /// `transform`: applies a built-in function; its output is the result.
  func transform(_ memory: borrowing MemoryView, name: GuestBytes, options: GuestBytes, input: GuestBytes) throws -> Int32 {
    guard isGranted(.transform) else { return GuestStatus.denied.rawValue }
    guard Int(input.length) <= program.limits.maxOutputSize.bytes, options.length <= Self.maxOptionsLength,
      name.length <= Self.maxNameLength
    else {
      return GuestStatus.tooLarge.rawValue
    }
    guard let name = try memory.string(at: name.offset, count: name.length) else {
      return answer(error: "the function's name is not UTF-8")
    }
    let optionBytes = try memory.bytes(at: options.offset, count: options.length)
    let bytes = try memory.bytes(at: input.offset, count: input.length)
    do {
      let options = optionBytes.isEmpty ? JSONObject() : try JSON.parse(optionBytes).object
      guard let options else { return answer(error: "the options of '\(name)' are not a map") }
      return answer(try FunctionLibrary.lookup(name).apply(bytes, options: options, within: allowance).payload)
    } catch let error as FunctionError {
      if error.code == .functionTimeout { throw GuestTimeUp() }
      return answer(error: error.message)
    } catch let error as JSONSyntaxError {
      return answer(error: "the options of '\(name)' are \(error)")
    }
  }

  /// Bytes of a function's name.
  private static var maxNameLength: UInt32 { 256 }
  /// Bytes of a function's options.
  private static var maxOptionsLength: UInt32 { 64 << 10 }
}
