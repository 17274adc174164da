import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkResources

/// Compares what became of a test case's message with what was expected.
struct Judgement {
  private let expect: TestExpectation
  private let destinations: [String]

  init(_ testCase: IntegrationTestCase, of integration: Integration) {
    expect = testCase.expect
    destinations = integration.spec.outgoing.map(\.connection.name)
  }

  func differences(from observation: Observation) -> [Diagnostic] {
    if case .refused(let refusal)? = observation.acceptance { return judgeRefusal(refusal) }
    guard observation.acceptance != nil else { return [difference(expect.mark, "the message was never put in")] }
    if expect.outcome == .refused { return [difference(expect.mark, "expected the message to be refused; it was accepted")] }
    return destinations.flatMap { name -> [Diagnostic] in
      guard let end = observation.ends.first(where: { $0.settled.destination == name }) else {
        return [difference(expect.mark, "\(name): the message never came to an end")]
      }
      return judge(end, at: name)
    }
  }

  private func judgeRefusal(_ refusal: Refusal) -> [Diagnostic] {
    guard expect.outcome == .refused else {
      return [difference(expect.mark, "expected \(expect.outcome.rawValue), but the message was refused: \(refusal.message)")]
    }
    guard let part = expect.error?.messageContains, !refusal.message.contains(part) else { return [] }
    return [difference(expect.error?.mark ?? expect.mark, "expected a message with '\(part)', got '\(refusal.message)'")]
  }

  private func judge(_ end: Observation.End, at name: String) -> [Diagnostic] {
    let expected = expect.destinations.first { $0.destination == name }
    let mark = expected?.mark ?? expect.mark
    let outcome = expected?.outcome ?? expect.outcome
    let actual = TestExpectation.Outcome(end.settled.outcome)
    var differences: [Diagnostic] = []
    if actual != outcome {
      differences.append(difference(mark, "\(name): expected \(outcome.rawValue), was \(actual.rawValue)\(Self.why(end.settled))"))
    }
    if let error = expected?.error ?? expect.error, actual == .failed { differences += judge(end.settled, error, at: name) }
    if let expected { differences += judge(end, expected) }
    return differences
  }

  private func judge(_ end: Observation.End, _ expected: DestinationExpectation) -> [Diagnostic] {
    let (name, message) = (expected.destination, end.settled.message)
    var differences: [Diagnostic] = []
    if let payload = expected.payload {
      differences += payload.differences(from: message.payload).map { difference(payload.mark, "\(name): \($0)") }
    }
    if let contentType = expected.contentType, contentType != message.contentType {
      differences.append(difference(expected.mark, "\(name): expected content type \(contentType), got '\(message.contentType)'"))
    }
    for field in expected.headers.fields where message.headers[field.name] != field.value {
      let actual = message.headers[field.name].map { "'\($0)'" } ?? "none"
      differences.append(difference(expected.mark, "\(name): expected header \(field.name): '\(field.value)', got \(actual)"))
    }
    if let attempts = expected.attempts, attempts != end.settled.attempts {
      differences.append(difference(expected.mark, "\(name): expected \(attempts) attempts, took \(end.settled.attempts)"))
    }
    if let after = expected.after, after != end.at {
      differences.append(difference(expected.mark, "\(name): expected to end after \(after.shortText), ended after \(end.at.shortText)"))
    }
    return differences
  }

  private func judge(_ settled: SettledMessage, _ expected: ErrorExpectation, at name: String) -> [Diagnostic] {
    guard let letter = settled.deadLetter else { return [] }
    let stage = letter.stage == DeadLetter.deliveryStage ? name : letter.stage
    var differences: [Diagnostic] = []
    if let wanted = expected.stage, wanted != stage {
      differences.append(difference(expected.mark, "\(name): expected to fail at \(wanted), failed at \(stage)"))
    }
    if let wanted = expected.code, wanted != letter.code, wanted != letter.guestCode {
      let actual = letter.guestCode.isEmpty ? letter.code : "\(letter.code) (\(letter.guestCode))"
      differences.append(difference(expected.mark, "\(name): expected the code \(wanted), got \(actual)"))
    }
    if let part = expected.messageContains, !letter.message.contains(part) {
      differences.append(difference(expected.mark, "\(name): expected a message with '\(part)', got '\(letter.message)'"))
    }
    return differences
  }

  /// The reason behind an outcome that was not expected.
  private static func why(_ settled: SettledMessage) -> String {
    if let letter = settled.deadLetter { return ": \(letter.message) [\(letter.code)]" }
    return settled.step.map { " by \($0)" } ?? ""
  }

  private func difference(_ mark: SourceMark, _ message: String) -> Diagnostic {
    Diagnostic(at: mark, message)
  }
}

extension TestExpectation.Outcome {
  init(_ outcome: Settlement.Outcome) {
    self =
      switch outcome {
      case .delivered: .delivered
      case .filtered: .dropped
      case .deadLettered: .failed
      }
  }
}
