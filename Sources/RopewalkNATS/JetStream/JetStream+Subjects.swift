import RopewalkCore

extension JetStream {
  /// Pages of subjects that are read for one answer, so that a stream whose subjects change meanwhile ends it all the same.
  private static let maxPages = 1000

  /// How many messages there are of each subject that matches, which may have wildcards.
  func subjects(of stream: String, matching filter: String) async throws -> [String: Int] {
    var subjects: [String: Int] = [:]
    var offset = 0
    for _ in 0..<Self.maxPages {
      let info = try await read("STREAM.INFO.\(stream)", ["subjects_filter": .string(filter), "offset": .number(JSONNumber(offset))])
      let page = info["state"]?["subjects"]?.object?.members ?? []
      for member in page { subjects[member.key] = member.value.int ?? 0 }
      offset += page.count
      guard !page.isEmpty, offset < info["total"]?.int ?? 0 else { break }
    }
    return subjects
  }

  /// A consumer as the server sees it; nil when there is none of that name.
  func info(ofConsumer consumer: String, of stream: String) async throws -> JSON? {
    do {
      return try await read("CONSUMER.INFO.\(stream).\(consumer)")
    } catch let refusal as JetStreamRefusal where refusal.errorCode == JetStreamRefusal.consumerNotFound {
      return nil
    }
  }
}
