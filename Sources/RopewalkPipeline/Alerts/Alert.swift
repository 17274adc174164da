package import RopewalkCore
import RopewalkJournal

/// What somebody is told about one kind of failure.
package struct Alert: Sendable, Equatable {
  package enum Kind: String, Sendable { case raised, reminder, recovered }

  /// The failures that are told of together.
  package struct Subject: Sendable, Hashable {
    package var integration: String
    package var stage: String
    /// The error code, or the one that a step failed with on purpose.
    package var code: String
  }

  package var kind: Kind
  package var subject: Subject
  /// Letters: within the window, since the last notice, or from the beginning to the end.
  package var count: Int
  package var time: Timestamp
  /// Why the latest failed, in plain words; no payload.
  package var error: String
  /// The latest letter.
  package var letterID: String
}

extension Alert {
  /// One sentence.
  var text: String {
    let what = "\(subject.integration): \(count) \(count == 1 ? "message" : "messages") failed at \(subject.stage) with \(subject.code)"
    return switch kind {
    case .raised: "\(what): \(error)"
    case .reminder: "\(what) since the last notice: \(error)"
    case .recovered: "\(subject.integration): no more messages fail at \(subject.stage) with \(subject.code); \(count) had failed"
    }
  }

  /// What a webhook gets; `text` is what chat services show.
  var json: JSON {
    [
      "type": "ropewalk.alert",
      "state": .string(kind.rawValue),
      "text": .string(text),
      "integration": .string(subject.integration),
      "stage": .string(subject.stage),
      "code": .string(subject.code),
      "count": .number(JSONNumber(count)),
      "error": .string(error),
      "letter": .string(letterID),
      "time": .string(time.description),
    ]
  }
}
