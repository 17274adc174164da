import FoundationEssentials
import RopewalkCore

/// Reading from a stream's leader: any server that keeps a stream answers `DIRECT.GET`, and may be behind, so that only the leader
/// knows that something is not there.
extension JetStream {
  /// The newest message of a subject; nil when there is none.
  func lastMessage(of stream: String, subject: String) async throws -> StoredMessage? {
    try await leadersMessage(of: stream, ["last_by_subj": .string(subject)])
  }

  func leadersMessage(of stream: String, _ body: JSON) async throws -> StoredMessage? {
    do {
      let answer = try await read("STREAM.MSG.GET.\(stream)", body)
      return try answer["message"].map { try StoredMessage(leaders: $0) }
    } catch let refusal as JetStreamRefusal where refusal.isGone {
      return nil
    }
  }
}

extension StoredMessage {
  /// As `STREAM.MSG.GET` answers: the block of headers and the payload in base64, either left out when it is empty.
  /// - Throws: ``JetStreamRefusal`` for anything else.
  init(leaders json: JSON) throws(JetStreamRefusal) {
    guard let sequence = json["seq"]?.int.map({ UInt64($0) }), let subject = json["subject"]?.string,
      let headers = Data(base64Encoded: json["hdrs"]?.string ?? ""), let payload = Data(base64Encoded: json["data"]?.string ?? "")
    else { throw JetStreamRefusal(code: 500, text: "a message that is not written as one") }
    self.sequence = sequence
    self.subject = subject
    self.payload = Array(payload)
    note = Self.note(in: Array(headers))
  }

  /// Our one header among lines as `Ropewalk: text`.
  private static func note(in headers: [UInt8]) -> String? {
    let name = Array("\(noteHeader):".utf8)
    guard let line = headers.split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: name) }) else { return nil }
    let value = line.dropFirst(name.count).drop { $0 == UInt8(ascii: " ") }
    return String(decoding: value.last == UInt8(ascii: "\r") ? value.dropLast() : value, as: UTF8.self)
  }
}
