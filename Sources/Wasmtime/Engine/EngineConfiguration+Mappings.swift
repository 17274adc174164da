#if canImport(Glibc)
  import Glibc
#endif

extension EngineConfiguration {
  /// Mappings that are left for the modules and everything else in the process.
  private static let spareMappings = 1000

  /// Whether the process may make the memory mappings that the pool needs: two for each stack, whose guard page splits
  /// it. Wasmtime aborts where they are lacking. True where the system does not say.
  var fitsMappings: Bool {
    #if canImport(Glibc)
      guard let limit = Self.text(ofFile: "/proc/sys/vm/max_map_count").flatMap({ Int($0.prefix { $0.isNumber }) }),
        let mappings = Self.text(ofFile: "/proc/self/maps")
      else { return true }
      return mappings.utf8.count { $0 == UInt8(ascii: "\n") } + 2 * Int(maxStacks) + Self.spareMappings <= limit
    #else
      return true
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
