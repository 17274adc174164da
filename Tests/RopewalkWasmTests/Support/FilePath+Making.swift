import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension FilePath {
  func makeExecutable() throws {
    guard chmod(string, 0o700) == 0 else { throw Errno(rawValue: errno) }
  }

  func makeLink(to target: FilePath) throws {
    guard symlink(target.string, string) == 0 else { throw Errno(rawValue: errno) }
  }
}
