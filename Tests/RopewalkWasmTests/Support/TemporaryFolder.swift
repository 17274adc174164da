import RopewalkCore
import SystemPackage

@testable import RopewalkWasm

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder that is gone with its owner.
final class TemporaryFolder: Sendable {
  let path: FilePath

  init() throws {
    let path = FilePath("/tmp/ropewalk-tests-\(getpid())-\(UInt64.random(in: .min ... .max))")
    try path.createFolder()
    self.path = path.resolved ?? path
  }

  deinit {
    Self.remove(path)
  }

  private static func remove(_ path: FilePath) {
    for entry in path.entries {
      let child = path.appending(entry)
      if unlink(child.string) != 0 { remove(child) }
    }
    rmdir(path.string)
  }
}
