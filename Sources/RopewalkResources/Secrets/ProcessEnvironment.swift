#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The environment of this process.
public enum ProcessEnvironment {
  /// A variable's value; nil when it is not set.
  public static subscript(name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
