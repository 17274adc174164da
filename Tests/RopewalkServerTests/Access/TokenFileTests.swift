import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

@Suite struct TokenFileTests {
  @Test func lines() throws {
    let entry = try #require(TokenEntry(line: #"secret,bob,id-1,"one,two",2026-01-01T00:00:00Z"#))
    #expect(entry.user == "bob" && entry.groups == ["one", "two"] && entry.id == "id-1")
    #expect(entry.digest == TokenEntry.digest(of: "secret"))
    #expect(TokenEntry(line: entry.line) == entry)
    #expect(!entry.line.contains("secret"))
    #expect(TokenEntry(line: "only,two") == nil)
    #expect(TokenEntry(line: "sha256:abc,bob,id") == nil)
    #expect(TokenEntry(line: "t,bob,id,,never") == nil)
  }

  @Test func makingAndRevoking() throws {
    let folder = try TestFolder()
    let file = TokenFile(path: folder.path + "/tokens")
    #expect(file.subject(ofToken: "x", now: .now) == nil)
    let token = try file.create(id: "a", user: "bob", groups: ["team"])
    let other = try file.create(id: "b", user: "eve", groups: [], expiry: Timestamp.now.advanced(by: .seconds(60)))
    #expect(folder.mode("tokens") == 0o600)
    #expect(!folder.read("tokens").contains(token))
    #expect(file.subject(ofToken: token, now: .now) == Subject(name: "bob", groups: ["team", "system:authenticated"]))
    #expect(file.subject(ofToken: other, now: .now)?.name == "eve")
    #expect(file.subject(ofToken: other, now: Timestamp.now.advanced(by: .seconds(61))) == nil)
    #expect(throws: RopewalkError.self) { try file.create(id: "a", user: "bob", groups: []) }
    #expect(throws: RopewalkError.self) { try file.create(id: "c", user: "a,b", groups: []) }
    try file.revoke(id: "a")
    #expect(file.subject(ofToken: token, now: .now) == nil)
    #expect(file.subject(ofToken: other, now: .now) != nil)
    #expect(throws: RopewalkError.self) { try file.revoke(id: "a") }
  }

  @Test func theAdministratorsTokenStaysUntilItIsRevoked() throws {
    let folder = try TestFolder()
    let files = ServerFiles(dataFolder: folder.path)
    try PrivateFile.makeFolder(files.folder)
    let tokens = TokenFile(path: files.tokens)
    let first = try AdminCredentials.token(files, tokens, now: .now)
    #expect(try AdminCredentials.token(files, tokens, now: .now) == first)
    try tokens.revoke(id: AdminCredentials.user)
    let second = try AdminCredentials.token(files, tokens, now: .now)
    #expect(second != first)
    #expect(tokens.subject(ofToken: first, now: .now) == nil)
    #expect(tokens.subject(ofToken: second, now: .now)?.isMaster == true)
    #expect(folder.mode("api/admin.token") == 0o600)
  }
}
