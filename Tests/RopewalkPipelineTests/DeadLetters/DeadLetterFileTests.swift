import Foundation
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct DeadLetterFileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-letters-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private var path: String { folder.appendingPathComponent("dead-letters.jsonl").path }

  private func lines() throws -> [String] {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func letters(_ payloads: [[UInt8]]) async throws -> [DeadLetter] {
    let node = FaultInjectingConnection { (_, _) throws(ConnectionError) in throw ConnectionError(.rejected, "422 Unprocessable Content") }
    let messages = payloads.enumerated().map { number, payload in
      var message = message("m\(number)")
      message.payload = payload
      message.headers.append(name: "Authorization", value: "Bearer hunter2")
      message.timestamp = Timestamp(nanoseconds: 1_767_225_600_000_000_000)
      return message
    }
    let clock = VirtualClock(autoAdvances: true)
    var harness = Harness(clock: clock, sources: [ListSource(messages, clock: clock)])
    harness.destinations = [.init(name: "erp", node: node, maxInFlight: 1)]
    try await harness.runToTheEnd()
    return try await harness.letters
  }

  @Test func writesOneLineOfJSONEach() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let letters = try await letters([Array("{\"a\":\"ü\n\"}".utf8), [0xFF, 0xFE, 0x00], []])
    let file = try DeadLetterFile(path: path)
    try await file.append(Array(letters.prefix(1)))
    try await file.append(Array(letters.dropFirst()))
    let parsed = try lines().map { try JSON.parse($0) }
    #expect(parsed.count == 3)
    let first = try #require(parsed.first)
    #expect(
      first.object?.keys == [
        "version", "id", "state", "messageID", "integration", "customer", "tenant", "source", "destinations", "stage", "plugin",
        "pluginVersion", "code", "guestCode", "message",
        "backtrace", "attempts", "contentType", "headers", "payloadBytes", "originalContentType", "originalHeaders", "firstStage",
        "correlationID", "traceID", "receivedAt", "failedAt", "replayOf", "payload", "originalPayload",
      ]
    )
    #expect(first["version"]?.int == 2)
    #expect(first["messageID"]?.string == "m0")
    #expect(first["destinations"] == ["erp"])
    #expect(first["stage"]?.string == "delivery")
    #expect(first["code"]?.string == "REJECTED")
    #expect(first["payload"]?["text"]?.string == "{\"a\":\"ü\n\"}")
    #expect(first["originalPayload"] == .null)
    #expect(first["receivedAt"]?.string == "2026-01-01T00:00:00.000Z")
    #expect(first["failedAt"]?.string == "2026-01-01T00:00:00.000Z")
    #expect(first["attempts"]?.array?.first?["error"]?.string == "422 Unprocessable Content [REJECTED]")
    #expect(parsed[1]["payload"] == ["base64": "//4A"])
    #expect(parsed[2]["payload"] == ["text": ""])
    #expect(Set(parsed.compactMap { $0["id"]?.string }).count == 3)
  }

  @Test func keepsSecretsOut() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try DeadLetterFile(path: path)
    try await file.append(try await letters([[1]]))
    let text = try lines().joined()
    #expect(!text.contains("hunter2"))
    #expect(text.contains(#"{"name":"Authorization","value":"***"}"#))
    #expect(text.contains(#"{"name":"X-Customer-ID","value":"acme"}"#))
    let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(permissions == 0o600)
  }

  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")])
  func base64IsThatOfTheRFC(text: String, expected: String) async throws {
    // A byte that is not UTF-8 in front makes the payload binary; three bytes make it a group of its own.
    let letter = try #require(try await letters([[0xFF, 0xFF, 0xFF] + Array(text.utf8)]).first)
    #expect(letter.json()["payload"]?["base64"]?.string == "////" + expected)
  }

  @Test func closesALineThatACrashTore() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("{\"version\":1,\"id\":\"to".utf8).write(to: URL(fileURLWithPath: path))
    let file = try DeadLetterFile(path: path)
    try await file.append(try await letters([[1]]))
    let lines = try lines()
    #expect(lines.count == 2)
    #expect(throws: JSONSyntaxError.self) { try JSON.parse(lines[0]) }
    #expect(try JSON.parse(lines[1])["version"]?.int == 2)
  }

  @Test func takesNothingBeyondItsSize() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let letters = try await letters([[1], [2]])
    let line = letters[0].json().serialised().count + 1
    let file = try DeadLetterFile(path: path, maxSize: ByteCount(line + 10))
    try await file.append([letters[0]])
    let error = await #expect(throws: RopewalkError.self) { try await file.append([letters[1]]) }
    #expect(error?.code == .deadLettersFull)
    #expect(try lines().count == 1)
  }

  @Test func leavesNothingHalfWrittenWhenTheDiskIsFull() async throws {
    let file = try DeadLetterFile(path: "/dev/full")
    let error = await #expect(throws: RopewalkError.self) { try await file.append(try await letters([[1]])) }
    #expect(error?.code == .deadLettersUnwritable)
    #expect(error?.message.contains("No space left on device") == true)
  }

  @Test func saysWhyItCannotBeOpened() {
    let error = #expect(throws: RopewalkError.self) { try DeadLetterFile(path: "/nowhere/at/all.jsonl") }
    #expect(error?.message.contains("'/nowhere/at/all.jsonl' cannot be opened: No such file or directory") == true)
  }
}
