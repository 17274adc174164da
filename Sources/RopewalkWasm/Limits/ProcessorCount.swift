#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension WasmLimits {
  /// The processors that this process may use now.
  package static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
