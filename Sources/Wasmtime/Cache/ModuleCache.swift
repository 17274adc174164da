/// Compiled modules kept in a directory, so that they compile once and not at every start.
///
/// What lies in a cache becomes code of this process. So the directory is made for its owner alone (mode 0700), and a
/// directory or file that belongs to someone else or that others can write is never read: the module is compiled instead,
/// and the outcome says why. Files are checked for damage, written aside and renamed into place.
public struct ModuleCache: Sendable {
  /// The longest key. Default 128 characters.
  private static let maxKeyLength = 128

  public let directory: String

  /// Nothing is read or made until the first module is asked for. The directory's parent must exist.
  public init(directory: String) {
    self.directory = directory
  }

  /// How a module was come by.
  public enum Outcome: Sendable, Equatable {
    /// Read from the cache.
    case loaded
    /// Compiled, since the cache did not have it, and stored.
    case compiled
    /// Compiled and stored in place of a file that could not be used, for the reason given.
    case replaced(WasmtimeError)
    /// Compiled and not stored, for the reason given.
    case unstored(WasmtimeError)
  }

  /// The module that `key` stands for, compiled from `bytes` where the cache does not have it.
  ///
  /// The key must change whenever the bytes do: their hash, such as SHA-256 in hexadecimal. It is 1 to 128 letters, digits,
  /// `.`, `-` and `_`. The version of Wasmtime and the engine's configuration are added to it.
  ///
  /// Throws `artifact` for a key of other characters, what `bytes` throws, and what compiling throws; never for the
  /// cache's own failures.
  public func module(key: String, engine: Engine, bytes: () throws -> [UInt8]) throws -> (module: Module, outcome: Outcome) {
    let name = try Self.fileName(key, engine)
    let folder: CacheFolder
    do {
      folder = try CacheFolder(directory)
    } catch {
      return (try Module(engine: engine, bytes: bytes()), .unstored(error))
    }
    var problem: WasmtimeError?
    do {
      if let file = try folder.open(name) {
        return (try Module(engine: engine, cachedFile: file.path), .loaded)
      }
    } catch {
      problem = error
    }
    let module = try Module(engine: engine, bytes: bytes())
    do {
      try folder.write(module.serialized(), as: name)
    } catch {
      return (module, .unstored(error))
    }
    return (module, problem.map(Outcome.replaced) ?? .compiled)
  }

  private static func fileName(_ key: String, _ engine: Engine) throws(WasmtimeError) -> String {
    let isPlain = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
      default: false
      }
    }
    guard isPlain, !key.isEmpty, key.utf8.count <= maxKeyLength else {
      throw WasmtimeError(.artifact, "a cache key is 1 to \(maxKeyLength) letters, digits, '.', '-' and '_'")
    }
    return "\(key)-\(Engine.version)-\(engine.configuration.fingerprint).cwasm"
  }
}
