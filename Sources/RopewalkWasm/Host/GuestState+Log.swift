import Logging
import RopewalkPlugins
import Wasmtime

extension GuestState {
  /// `log`
  func log(_ memory: borrowing MemoryView, level: UInt32, text: GuestBytes) throws -> Int32 {
    guard isGranted(.log) else { return GuestStatus.denied.rawValue }
    let levels: [Logger.Level] = [.trace, .debug, .info, .warning, .error]
    let level = levels[min(Int(level), levels.count - 1)]
    guard log.isOn(level) else { return GuestStatus.ok.rawValue }
    let length = min(text.length, Self.maxLogTextLength)
    log.write(try memory.bytes(at: text.offset, count: length), level)
    return GuestStatus.ok.rawValue
  }

  /// Bytes of one call's text, which may have several lines; what is beyond is left out.
  private static var maxLogTextLength: UInt32 { 1 << 20 }
}
