#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The process's standard output and standard error, written without buffering.
public enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// Writes all of the text. When the reader has gone there is nobody left to tell, and the rest is dropped.
  public func write(_ text: String) {
    var text = text
    text.withUTF8 { buffer in
      var rest = UnsafeRawBufferPointer(buffer)
      while !rest.isEmpty {
        #if canImport(Glibc)
          let written = Glibc.write(rawValue, rest.baseAddress, rest.count)
        #else
          let written = Darwin.write(rawValue, rest.baseAddress, rest.count)
        #endif
        guard written >= 0 || errno == EINTR || errno == EAGAIN else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[max(0, written)...])
      }
    }
  }

  /// True where a person watches.
  public var isTerminal: Bool { isatty(rawValue) == 1 }
}
