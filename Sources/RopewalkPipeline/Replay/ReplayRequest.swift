package import RopewalkCore
package import RopewalkJournal

/// Which dead letters are sent again, and how.
package struct ReplayRequest: Sendable {
  package enum Start: Sendable {
    /// With the stage that failed and the payload as it was there.
    case failedStage
    /// With the first step and the payload as it came.
    case firstStep
  }

  package var query: DeadLetterQuery
  package var start: Start
  /// Takes the payload's place; for one letter only.
  package var payload: [UInt8]?
  /// The versions that steps are asked to run, by their names.
  package var versions: [String: String]
  /// Letters in a second; nil for as fast as the journal takes them.
  package var rate: Double?

  package init(
    _ query: DeadLetterQuery,
    start: Start = .failedStage,
    payload: [UInt8]? = nil,
    versions: [String: String] = [:],
    rate: Double? = ReplayLimits.rate
  ) {
    self.query = query
    self.start = start
    self.payload = payload
    self.versions = versions
    self.rate = rate
  }
}

/// The bounds of a replay.
package enum ReplayLimits {
  /// Letters in a second, where the user names no rate. Default 100.
  package static let rate = 100.0
  /// Letters that are read at a time, to put them in order. Default 256.
  package static let page = 256
  /// Bytes of payloads after which no further letter is read at a time. Default 16 MiB.
  package static let pageSize = ByteCount.mebibytes(16)
  /// Letters that are read whole, with their payloads, at a time. Default 16.
  package static let batch = 16
  /// Replays of replays that are followed back to a message as it came. Default 100.
  package static let maxGenerations = 100
  /// Before a journal that is full is asked again. Default 500 ms.
  package static let fullWait: Duration = .milliseconds(500)
}

extension ErrorCode {
  /// What a letter's replay would begin with is not there any more.
  package static let originalGone = ErrorCode("dead-letters.original-gone", .notFound)
  /// A letter's payload cannot be read any more.
  package static let payloadGone = ErrorCode("dead-letters.payload-gone", .notFound)
}
