import Foundation
import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@Suite struct SecretSourceTests {
  @Test(arguments: SecretSourceLaw.allCases)
  func keepTheLaw(_ law: SecretSourceLaw) async throws {
    let variable = EnvironmentSecretSource.variable(forSecretNamed: SecretSourceLaw.name)
    try await law.verify(EnvironmentSecretSource { $0 == variable ? SecretSourceLaw.value : nil })
    let folder = try TemporaryFolder([SecretSourceLaw.name: SecretSourceLaw.value + "\n"])
    try await law.verify(DirectorySecretSource(folder: folder.path + "/."))
  }

  @Test(arguments: [("erp_url", "ROPEWALK_SECRET_ERP_URL"), ("erp-url.v2", "ROPEWALK_SECRET_ERP_URL_V2"), ("A", "ROPEWALK_SECRET_A")])
  func readsEnvironmentVariables(name: String, variable: String) async throws {
    let source = EnvironmentSecretSource { $0 == variable ? "value" : nil }
    #expect(try await source.secret(named: name)?.reveal() == "value")
    #expect(try await source.secret(named: "other") == nil)
    #expect(source.place(ofSecretNamed: name) == "the environment variable \(variable)")
  }

  @Test func readsTheRealEnvironment() async throws {
    #expect(ProcessEnvironment["PATH"] != nil)
    #expect(ProcessEnvironment["ROPEWALK_SURELY_NOT_SET"] == nil)
    #expect(try await EnvironmentSecretSource().secret(named: "surely_not_set") == nil)
  }

  @Test func readsAFolderOfFiles() async throws {
    let folder = try TemporaryFolder(["a": "one\n", "b": "two", "c": "three\r\n", "d": "\n\n", "e": "", ".hidden": "x"])
    let source = DirectorySecretSource(folder: folder.path)
    for (name, expected) in [("a", "one"), ("b", "two"), ("c", "three"), ("d", "\n"), ("e", ""), (".hidden", "x")] {
      #expect(try await source.secret(named: name)?.reveal() == expected)
    }
    #expect(try await source.secret(named: "absent") == nil)
    #expect(source.place(ofSecretNamed: "a") == "the file \(folder.path)/a")
  }

  /// Kubernetes writes each version into a folder of its own and swings one link over.
  @Test func followsAKubernetesMount() async throws {
    let folder = try TemporaryFolder()
    try folder.write("..2026_01/token", Array("old".utf8), permissions: 0o644)
    try folder.write("..2026_02/token", Array("new".utf8), permissions: 0o644)
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: "\(folder.path)/..data", withDestinationPath: "..2026_01")
    try manager.createSymbolicLink(atPath: "\(folder.path)/token", withDestinationPath: "..data/token")
    let source = DirectorySecretSource(folder: folder.path)
    #expect(try await source.secret(named: "token")?.reveal() == "old")
    try manager.removeItem(atPath: "\(folder.path)/..data")
    try manager.createSymbolicLink(atPath: "\(folder.path)/..data", withDestinationPath: "..2026_02")
    #expect(try await source.secret(named: "token")?.reveal() == "new")
    #expect(source.permissionWarnings().isEmpty)
  }

  @Test func tellsAbsentFromUnreadable() async throws {
    let folder = try TemporaryFolder(["folder/x": ""])
    try folder.write("binary", [0xFF, 0xFE])
    try folder.write("big", [UInt8](repeating: 0x61, count: DirectorySecretSource.maxSize.bytes + 1))
    let source = DirectorySecretSource(folder: folder.path)
    for (name, reason) in [("folder", "is a folder"), ("binary", "is not UTF-8 text"), ("big", "is larger than 1Mi")] {
      let error = await #expect(throws: RopewalkError.self) { try await source.secret(named: name) }
      #expect(error?.code == .secretUnreadable)
      #expect(error?.message == "\(folder.path)/\(name) \(reason)")
    }
    let gone = await #expect(throws: RopewalkError.self) {
      try await DirectorySecretSource(folder: "\(folder.path)/gone").secret(named: "a")
    }
    #expect(gone?.message == "the folder of secrets \(folder.path)/gone does not exist")
  }

  @Test func warnsOfFilesThatAllMayRead() throws {
    let folder = try TemporaryFolder(["private": "x"])
    try folder.write("open", Array("x".utf8), permissions: 0o604)
    #expect(
      DirectorySecretSource(folder: folder.path).permissionWarnings().map(\.description) == [
        "warning: \(folder.path)/open can be read by every user of this machine; chmod 600 \(folder.path)/open"
      ]
    )
    #expect(DirectorySecretSource(folder: "\(folder.path)/gone").permissionWarnings().isEmpty)
  }
}
