package import RopewalkCore

/// What one check found.
package struct CheckResult: Sendable, Equatable {
  package enum Outcome: String, Sendable { case passed, failed, skipped }

  /// Stable, for programs: `redelivery`.
  package var name: String
  /// What should be so, in plain words.
  package var title: String
  package var outcome: Outcome
  /// What was seen, why it failed and what to do, or why it was left out.
  package var detail: String
  package var duration: Duration

  package var json: JSON {
    [
      "name": .string(name),
      "title": .string(title),
      "outcome": .string(outcome.rawValue),
      "detail": .string(detail),
      "milliseconds": .number(JSONNumber(Int(duration.seconds * 1000))),
    ]
  }
}

/// Why a check did not pass.
struct CheckFailure: Error {
  var reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}

/// Why a check cannot be made.
struct CheckOmission: Error {
  var reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
