#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension CommandLine {
  /// The path of the running program, links resolved where the system tells it.
  static var executablePath: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let base = buffer.baseAddress else { return arguments[0] }
      let length = readlink("/proc/self/exe", base, buffer.count)
      guard length > 0, length < buffer.count else { return arguments[0] }
      return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
