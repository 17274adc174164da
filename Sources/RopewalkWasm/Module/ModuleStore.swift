import Dispatch
import RopewalkCore
import Synchronization
import SystemPackage
import Wasmtime

/// Compiled modules with their imports answered: each is compiled once, and shared by all steps that use it.
final class ModuleStore: Sendable {
  private let engine: Engine
  private let cache: ModuleCache
  /// Modules that are in use, by the digest of their bytes.
  private let templates = Mutex<[String: Weak<InstanceTemplate<GuestState>>]>([:])
  /// Compiling takes seconds; it must not hold the threads that tasks run on.
  private let queue = DispatchQueue(label: "ropewalk.compiler")

  init(engine: Engine, folder: FilePath) {
    self.engine = engine
    self.cache = ModuleCache(directory: folder.string)
  }

  /// - Parameter bytes: a module that was checked.
  func template(of bytes: [UInt8]) async throws -> InstanceTemplate<GuestState> {
    try await onQueue { try self.make(bytes) }
  }

  /// - Parameter check: what is to hold for the file, asked only when it is not in use already.
  func template(
    ofFile path: FilePath,
    limit: ByteCount,
    check: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws -> InstanceTemplate<GuestState> {
    try await onQueue {
      let bytes = try path.contents(limit: limit)
      try check(bytes)
      return try self.make(bytes)
    }
  }

  private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }

  private func make(_ bytes: [UInt8]) throws -> InstanceTemplate<GuestState> {
    let key = CodeDigest.hexadecimal(of: bytes)
    if let template = templates.withLock({ $0[key]?.value }) { return template }
    let module = try cache.module(key: key, engine: engine) { bytes }.module
    let linker = Linker<GuestState>(engine: engine)
    try linker.defineHost(for: module)
    let template = try linker.template(for: module)
    templates.withLock { templates in
      templates = templates.filter { $0.value.value != nil }
      templates[key] = Weak(value: template)
    }
    return template
  }
}

private struct Weak<Value: AnyObject & Sendable>: Sendable {
  private(set) weak var value: Value?
}
