import Foundation
import RopewalkTesting
import Testing
import Wasmtime

@Suite(.takesTurns) struct ModuleCacheTests {
  private static let text = "(module (func (export \"f\") (result i32) (i32.const 42)))"

  /// Runs `body` with a cache in a new directory, which is removed afterwards.
  private func withCache(_ body: (ModuleCache) throws -> Void) throws {
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent("module-cache-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: parent) }
    try body(ModuleCache(directory: parent.appendingPathComponent("modules").path))
  }

  private func load(_ cache: ModuleCache, key: String = "k", engine: Engine = sharedEngine) throws -> ModuleCache.Outcome {
    let (module, outcome) = try cache.module(key: key, engine: engine) { try Module.bytes(text: Self.text) }
    let store = Store(engine: engine, state: GuestState())
    let instance = try Linker<GuestState>(engine: engine).template(for: module).instantiate(in: store)
    #expect(try store.call(instance.function(named: "f")).i32 == 42)
    return outcome
  }

  private func file(_ cache: ModuleCache) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: cache.directory)
    return "\(cache.directory)/\(try #require(names.count == 1 ? names.first : nil))"
  }

  private func setMode(_ mode: Int, _ path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  /// To `nobody`.
  private func giveAway(_ path: String) throws {
    try FileManager.default.setAttributes([.ownerAccountID: 65_534], ofItemAtPath: path)
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func theSecondTimeIsALoad() throws {
    try withCache { (cache) throws in
      #expect(try load(cache) == .compiled)
      #expect(try load(cache) == .loaded)
      #expect(try load(cache, key: "other") == .compiled)
      #expect(try mode(cache.directory) == 0o700)
    }
  }

  @Test func filesAreTheirOwnersAlone() throws {
    try withCache { (cache) throws in
      _ = try load(cache)
      #expect(try mode(file(cache)) == 0o600)
    }
  }

  @Test func anotherConfigurationHasAnotherFile() throws {
    try withCache { (cache) throws in
      var configuration = EngineConfiguration()
      configuration.maxStacks = 16
      configuration.maxMemories = 4
      configuration.memoryReservation = 2 << 30
      #expect(try load(cache) == .compiled)
      #expect(try load(cache, engine: Engine(configuration)) == .compiled)
    }
  }

  @Test(arguments: [0o620, 0o602]) func aFileThatOthersCanWriteIsReplaced(mode: Int) throws {
    try withCache { (cache) throws in
      _ = try load(cache)
      try setMode(mode, file(cache))
      guard case .replaced(let reason) = try load(cache) else { throw UnexpectedOutcome() }
      #expect(reason.code == .artifact)
      #expect(reason.message.contains("can be written by others"))
      #expect(try load(cache) == .loaded)
    }
  }

  @Test(arguments: [0o720, 0o702, 0o1777]) func aDirectoryThatOthersCanWriteIsNotUsed(mode: Int) throws {
    try withCache { (cache) throws in
      _ = try load(cache)
      try setMode(mode, cache.directory)
      guard case .unstored(let reason) = try load(cache) else { throw UnexpectedOutcome() }
      #expect(reason.message.contains("can be written by others"))
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file away")) func aFileOfAnotherUserIsReplaced() throws {
    try withCache { (cache) throws in
      _ = try load(cache)
      try giveAway(file(cache))
      guard case .replaced(let reason) = try load(cache) else { throw UnexpectedOutcome() }
      #expect(reason.code == .artifact)
      #expect(reason.message.contains("belongs to another user"))
      #expect(try load(cache) == .loaded)
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a directory away")) func aDirectoryOfAnotherUserIsNotUsed() throws {
    try withCache { (cache) throws in
      _ = try load(cache)
      try giveAway(cache.directory)
      guard case .unstored(let reason) = try load(cache) else { throw UnexpectedOutcome() }
      #expect(reason.code == .artifact)
      #expect(reason.message.contains("belongs to another user"))
    }
  }

  @Test func aDirectoryThatCannotBeMadeIsNotUsed() throws {
    let cache = ModuleCache(directory: "/proc/no/such/directory")
    guard case .unstored(let reason) = try load(cache) else { throw UnexpectedOutcome() }
    #expect(reason.message.contains("No such file"))
  }

  @Test func aFileInPlaceOfTheDirectoryIsNotUsed() throws {
    try withCache { (cache) throws in
      try Data("no directory".utf8).write(to: URL(fileURLWithPath: cache.directory))
      guard case .unstored(let reason) = try load(cache) else { throw UnexpectedOutcome() }
      #expect(reason.code == .artifact && reason.message.contains("cannot open the cache directory"), "\(reason)")
    }
  }

  @Test func whatIsNoFileIsReplaced() throws {
    try withCache { (cache) throws in
      _ = try load(cache)
      let path = try file(cache)
      try FileManager.default.removeItem(atPath: path)
      try #require(mkfifo(path, 0o600) == 0)
      guard case .replaced(let reason) = try load(cache) else { throw UnexpectedOutcome() }
      #expect(reason.code == .artifact && reason.message.contains("is not a file"), "\(reason)")
      #expect(try load(cache) == .loaded)
    }
  }

  /// Nothing can be renamed into the place of a directory.
  @Test func whatCannotBeWrittenIsNotStored() throws {
    try withCache { (cache) throws in
      _ = try load(cache)
      let path = try file(cache)
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      guard case .unstored(let reason) = try load(cache) else { throw UnexpectedOutcome() }
      #expect(reason.code == .artifact && reason.message.contains("cannot write to the cache"), "\(reason)")
      // What was written by then is not left behind.
      #expect(try file(cache) == path)
    }
  }

  @Test(arguments: ["cut", "bit", "empty", "text", "link"]) func aDamagedFileIsReplaced(damage: String) throws {
    try withCache { (cache) throws in
      _ = try load(cache)
      let path = try file(cache)
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      switch damage {
      case "cut": bytes.removeLast(100)
      case "bit": bytes[bytes.count / 2] ^= 1
      case "empty": bytes = []
      case "text": bytes = Array("not a module, and not a compiled one either".utf8)
      default: break
      }
      if damage == "link" {
        try FileManager.default.moveItem(atPath: path, toPath: path + ".real")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
      } else {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try setMode(0o600, path)
      }
      guard case .replaced = try load(cache) else { throw UnexpectedOutcome() }
      #expect(try load(cache) == .loaded)
    }
  }

  @Test(arguments: ["", "a/b", "../x", "ü", String(repeating: "k", count: 129)]) func aKeyThatIsNoNameIsRefused(key: String) throws {
    try withCache { (cache) throws in
      let error = #expect(throws: WasmtimeError.self) { try load(cache, key: key) }
      #expect(error?.code == .artifact)
    }
  }

  @Test func badBytesAreNotStored() throws {
    try withCache { (cache) throws in
      #expect(throws: WasmtimeError.self) { _ = try cache.module(key: "k", engine: sharedEngine) { [1, 2, 3] } }
      #expect(try FileManager.default.contentsOfDirectory(atPath: cache.directory).isEmpty)
    }
  }

  @Test func aFileOfAnotherConfigurationIsRefused() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("module-\(UUID().uuidString).cwasm").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var configuration = EngineConfiguration()
    configuration.maxStacks = 16
    configuration.memoryReservation = 1 << 30
    let other = try Engine(configuration)
    let bytes = try Module(engine: other, bytes: Module.bytes(text: "(module (memory 1))")).serialized()
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: WasmtimeError.self) { try Module(engine: sharedEngine, cachedFile: path) }
    #expect(error?.code == .artifact)
    _ = try Module(engine: other, cachedFile: path)
  }

  @Test func aCachedModuleIsHeldToTheLimitsOfItsEngineToo() throws {
    try withCache { (cache) throws in
      func load(_ engine: Engine) throws -> ModuleCache.Outcome {
        try cache.module(key: "k", engine: engine) { try Module.bytes(text: "(module (memory 32))") }.outcome
      }
      var configuration = EngineConfiguration()
      configuration.maxStacks = 16
      configuration.maxMemories = 4
      configuration.maxMemorySize = 1 << 20
      #expect(try load(sharedEngine) == .compiled)
      let error = #expect(throws: WasmtimeError.self) { try load(Engine(configuration)) }
      #expect(error?.code == .limit)
      configuration.maxMemorySize = (2 << 20) - 1
      #expect(try load(Engine(configuration)) == .loaded)
    }
  }

  private struct UnexpectedOutcome: Error {}
}
