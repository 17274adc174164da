import Logging
import RopewalkCore
import SystemPackage

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims
#else
  import Darwin
#endif

/// The code that steps have run, by its digest, so that a message can be run through it again. What was used last is kept.
struct GuestArchive: Sendable {
  enum Code: Equatable {
    case module([UInt8])
    case script(ScriptBundle)
  }

  private let folder: FilePath
  private let moduleLimit: ByteCount
  private let scriptLimit: ByteCount
  private let maxVersions: Int

  init(folder: FilePath, limits: WasmLimits) {
    self.folder = folder
    self.moduleLimit = limits.moduleSize
    // Source maps grow with the script.
    self.scriptLimit = ByteCount(8 * limits.scriptSize.bytes)
    self.maxVersions = limits.keptVersions
  }

  /// Keeps a module. A failure goes to the log: the step works without.
  func keep(module bytes: [UInt8], _ digest: CodeDigest, logger: Logger) {
    keep([(path(digest, "wasm"), bytes)], logger)
  }

  /// Keeps a script. A failure goes to the log: the step works without.
  func keep(script bundle: ScriptBundle, _ digest: CodeDigest, logger: Logger) {
    keep([(path(digest, "js.map"), bundle.sourceMap), (path(digest, "js"), bundle.code)], logger)
  }

  /// The code with that digest; nil when it is not there, or not what it was.
  func code(of digest: CodeDigest) -> Code? {
    if let bytes = contents(digest, "wasm", moduleLimit) { return .module(bytes) }
    guard let code = contents(digest, "js", scriptLimit) else { return nil }
    let map = (try? path(digest, "js.map").contents(limit: scriptLimit)) ?? []
    return .script(ScriptBundle(code: code, sourceMap: map))
  }

  private func contents(_ digest: CodeDigest, _ kind: String, _ limit: ByteCount) -> [UInt8]? {
    guard let bytes = try? path(digest, kind).contents(limit: limit), CodeDigest(of: bytes) == digest else { return nil }
    return bytes
  }

  private func path(_ digest: CodeDigest, _ kind: String) -> FilePath {
    folder.appending("\(digest.hexadecimal).\(kind)")
  }

  private func keep(_ files: [(path: FilePath, bytes: [UInt8])], _ logger: Logger) {
    do throws(RopewalkError) {
      try folder.createFolder()
      for file in files where utimensat(AT_FDCWD, file.path.string, nil, 0) != 0 { try file.path.replaceContents(file.bytes) }
    } catch {
      return logger.warning("A step's code could not be kept, to be run again later", metadata: ["error": "\(error)"])
    }
    prune()
  }

  private func prune() {
    let entries = folder.entries
    let codes = entries.filter { $0.hasSuffix(".wasm") || $0.hasSuffix(".js") }
    guard codes.count > maxVersions else { return }
    let byAge = codes.sorted { usedAt($0) < usedAt($1) }
    for name in byAge.prefix(codes.count - maxVersions) {
      unlink(folder.appending(name).string)
      if name.hasSuffix(".js") { unlink(folder.appending(name + ".map").string) }
    }
  }

  private func usedAt(_ name: String) -> Int64 {
    guard let status = try? folder.appending(name).stat() else { return 0 }
    return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
  }
}
