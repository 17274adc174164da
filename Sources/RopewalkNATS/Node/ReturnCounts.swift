import RopewalkCore

/// How often messages were given back on purpose, which says nothing against them. A message is known by its stream and its place there.
struct ReturnCounts: Equatable, Sendable {
  private static let version: UInt64 = 1
  /// Messages of one stream. Forgetting them makes a message given up earlier, and never lost.
  private static let limit = 100_000

  private var counts: [String: [UInt64: Int]] = [:]

  var isEmpty: Bool { counts.values.allSatisfy(\.isEmpty) }

  func count(of sequence: UInt64, in stream: String) -> Int { counts[stream]?[sequence] ?? 0 }

  mutating func add(_ count: Int = 1, of sequence: UInt64, in stream: String) {
    if (counts[stream]?.count ?? 0) >= Self.limit { counts[stream] = [:] }
    counts[stream, default: [:]][sequence, default: 0] += count
  }

  mutating func add(_ other: ReturnCounts) {
    for (stream, messages) in other.counts {
      for (sequence, count) in messages { add(count, of: sequence, in: stream) }
    }
  }

  /// The message has ended.
  mutating func forget(_ sequence: UInt64, in stream: String) {
    counts[stream]?[sequence] = nil
  }
}

extension ReturnCounts {
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.version)
    writer.write(counts.sorted { $0.key < $1.key }) { writer, messages in
      writer.write(messages.key)
      writer.write(messages.value.sorted { $0.key < $1.key }) { writer, message in
        writer.write(message.key)
        writer.write(message.value)
      }
    }
    return writer.bytes
  }

  /// - Throws: `nats.record.unreadable`.
  init(bytes: [UInt8]) throws(RopewalkError) {
    var reader = ByteReader(bytes, what: "a note of what was given back")
    try reader.expect(version: Self.version)
    for (stream, messages) in try reader.readArray({ (reader) throws(RopewalkError) in try reader.readReturns() }) {
      for (sequence, count) in messages { add(count, of: sequence, in: stream) }
    }
    guard reader.isAtEnd else { throw reader.damaged() }
  }
}

extension ByteReader {
  fileprivate mutating func readReturns() throws(RopewalkError) -> (stream: String, messages: [(UInt64, Int)]) {
    let stream = try readString()
    let messages = try readArray { (reader) throws(RopewalkError) in (try reader.readUnsigned(), try reader.readInt()) }
    return (stream, messages)
  }
}
