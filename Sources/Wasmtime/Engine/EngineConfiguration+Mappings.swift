#if canImport(Glibc)
  import Glibc
#endif

extension EngineConfiguration {
  /// Mappings that are left for the modules and everything else in the process.
  private static let spareMappings = 1000

  /// Whether the process may make the memory mappings that the pool needs: two for each stack, whose guard page splits
  /// it. Wasmtime aborts where they are lacking. True where the system does not say.
  func fitsMappings(within limit: Int?) -> Bool {
    #if canImport(Glibc)
      guard let limit, let mappings = Self.text(ofFile: "/proc/self/maps") else { return true }
      return mappings.utf8.count { $0 == UInt8(ascii: "\n") } + 2 * Int(maxStacks) + Self.spareMappings <= limit
    #else
      return true
    #endif
  }

  /// How many memory mappings the system allows a process; nil where it does not say.
  package static var mappingLimit: Int? {
    #if canImport(Glibc)
      text(ofFile: "/proc/sys/vm/max_map_count").flatMap { Int($0.prefix { $0.isNumber }) }
    #else
      nil
    #endif
  }

  #if canImport(Glibc)
    /// Files under `/proc` have no size beforehand.
    private static func text(ofFile path: String) -> String? {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return nil }
      defer { close(descriptor) }
      var bytes: [UInt8] = []
      while true {
        let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
          count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        if chunk.isEmpty { return String(decoding: bytes, as: UTF8.self) }
        bytes += chunk
      }
    }
  #endif
}
