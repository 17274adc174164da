#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// File systems of a test's own.
package enum Mounts {
  /// Whether this process may mount one: it is root, and nobody has taken the right away from it, as containers do.
  package static let areAllowed = geteuid() == 0 && canAdministrate

  /// What a test that is left out for want of that says.
  package static let refusal = "only root, with the right to mount, can make the small file system that this needs"

  /// `CAP_SYS_ADMIN`.
  private static let administration: UInt64 = 1 << 21

  private static var canAdministrate: Bool {
    guard let file = fopen("/proc/self/status", "r") else { return false }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, CInt(line.count), file) != nil {
      let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split { $0.isWhitespace }
      if words.first == "CapEff:" { return (UInt64(words[1], radix: 16) ?? 0) & administration != 0 }
    }
    return false
  }
}
