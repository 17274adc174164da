import RopewalkCore
import RopewalkResources
import Testing

@Suite struct AuditLogTests {
  private func record(_ name: String) -> AuditRecord {
    AuditRecord(
      time: Timestamp(nanoseconds: 0),
      subject: Subject(name: "bob", groups: ["g"]),
      verb: "create",
      target: ResourceTarget(group: "g", resource: "things", namespace: "n", name: name),
      source: "127.0.0.1:1",
      status: 201
    )
  }

  @Test func aLineForEach() throws {
    let folder = try TestFolder()
    let log = try AuditLog(path: folder.path + "/audit.jsonl")
    try log.append(record("a"))
    try AuditLog(path: folder.path + "/audit.jsonl").append(record("b"))
    let lines = folder.read("audit.jsonl").split(separator: "\n").map(String.init)
    let expected =
      #"{"time":"1970-01-01T00:00:00.000Z","user":"bob","groups":["g"],"verb":"create","group":"g","resource":"things","namespace":"n","name":"a","source":"127.0.0.1:1","status":201,"outcome":"done"}"#
    #expect(lines.count == 2 && lines[0] == expected)
    #expect(folder.mode("audit.jsonl") == 0o600)
  }

  @Test func rotates() throws {
    let folder = try TestFolder()
    var limits = AuditLog.Limits()
    limits.maxSize = ByteCount(500)
    limits.maxFiles = 2
    let log = try AuditLog(path: folder.path + "/audit.jsonl", limits: limits)
    for number in 0..<12 { try log.append(record("r-\(number)")) }
    #expect(folder.read("audit.jsonl").contains("r-11"))
    #expect(folder.read("audit.jsonl.1").contains("r-9"))
    #expect(!folder.read("audit.jsonl.2").isEmpty)
    #expect(folder.read("audit.jsonl.3").isEmpty)
    for file in ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"] { #expect(folder.read(file).utf8.count <= 500) }
  }

  @Test func saysWhenItCannotWrite() throws {
    #expect(throws: RopewalkError.self) { try AuditLog(path: "/proc/nothing/audit.jsonl") }
  }
}
