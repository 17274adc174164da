import RopewalkCore
import RopewalkPlugins
import Wasmtime

extension GuestState {
  /// `payload_read`: all of the range that was asked for, or an error.
  func readPayload(_ memory: borrowing MemoryView, to destination: UInt32, offset: UInt32, length: UInt32) throws -> Int32 {
    let payload = message?.payload ?? []
    let start = Int(offset)
    let end = start + Int(length)
    guard end <= payload.count else { return answer(error: "the payload has \(payload.count) bytes, not \(end)") }
    try memory.write(payload.span.extracting(start..<end), at: destination)
    return GuestStatus.ok.rawValue
  }

  /// `output_write`
  func writeOutput(_ memory: borrowing MemoryView, at offset: UInt32, length: UInt32) throws -> Int32 {
    guard Int(length) <= program.limits.maxOutputSize.bytes else {
      isOutputTooLarge = true
      return GuestStatus.tooLarge.rawValue
    }
    isOutputTooLarge = false
    output = try memory.bytes(at: offset, count: length)
    return GuestStatus.ok.rawValue
  }

  /// `output_content_type`
  func setContentType(_ memory: borrowing MemoryView, at offset: UInt32, length: UInt32) throws -> Int32 {
    guard length <= Self.maxContentTypeLength else { return GuestStatus.tooLarge.rawValue }
    guard let text = try memory.string(at: offset, count: length), text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      return answer(error: "a media type is ASCII text, such as application/json")
    }
    outputContentType = text
    return GuestStatus.ok.rawValue
  }

  /// Bytes of a media type.
  private static var maxContentTypeLength: UInt32 { 256 }

  /// `result_read`: what fits of the last result.
  func readResult(_ memory: borrowing MemoryView, to destination: UInt32, capacity: UInt32) throws -> Int32 {
    let result = result
    try memory.write(result.span.extracting(first: Int(capacity)), at: destination)
    return Int32(clamping: result.count)
  }

  /// `fail`
  func fail(_ memory: borrowing MemoryView, code: GuestBytes, message: GuestBytes, recoverable: Bool) throws -> Int32 {
    let codeText = String(decoding: try memory.bytes(at: code.offset, count: min(code.length, Self.maxCodeLength)), as: UTF8.self)
    let limit = UInt32(clamping: program.processLimits.failureLength)
    let text = String(decoding: try memory.bytes(at: message.offset, count: min(message.length, limit)), as: UTF8.self)
    let isFree = codeText.isEmpty || (program.script != nil && Self.engineCodes.contains(codeText))
    guard isFree || isGranted(.raiseError) else { return GuestStatus.denied.rawValue }
    failure = GuestFailure(code: codeText, message: text, recoverable: recoverable)
    return GuestStatus.ok.rawValue
  }

  /// Bytes of a guest's own code, beyond which it is cut.
  private static var maxCodeLength: UInt32 { 128 }

  /// What the JavaScript engine says of itself; a user's script needs `RaiseError` for codes of its own.
  static let engineCodes: Set = ["out-of-memory", "output-too-large", interruptedCode]
  /// The engine was asked to stop.
  static let interruptedCode = "interrupted"
}

/// Bytes in a guest's memory, as it named them.
struct GuestBytes {
  var offset: UInt32
  var length: UInt32

  init(_ offset: UInt32, _ length: UInt32) {
    self.offset = offset
    self.length = length
  }
}
