import RopewalkCore

/// Reads `expect` of a test case.
struct TestExpectationReader {
  let file: String

  func read(_ field: YAMLField) -> TestExpectation? {
    guard let map = field.map(keys: ["outcome", "destinations", "error"], example: "{ outcome: delivered }") else { return nil }
    let outcome: TestExpectation.Outcome? = map.required("outcome", example: "delivered")?.word("an outcome")
    let destinations = map["destinations"]?.entries(example: "{ http: { json: { … } } }") ?? []
    let error = map["error"].flatMap(readError)
    if let error = map["error"], outcome == .delivered || outcome == .dropped {
      error.error("a message that is \(outcome?.rawValue ?? "") has no error", remedy: "remove it, or expect outcome: failed")
    }
    guard let outcome else {
      for entry in destinations { _ = readDestination(entry.key, entry.keyMark, entry.value, outcome: .delivered) }
      return nil
    }
    return TestExpectation(
      mark: field.mark,
      outcome: outcome,
      destinations: destinations.compactMap { readDestination($0.key, $0.keyMark, $0.value, outcome: outcome) },
      error: error
    )
  }

  private func readDestination(
    _ name: String,
    _ mark: SourceMark,
    _ field: YAMLField,
    outcome: TestExpectation.Outcome
  ) -> DestinationExpectation? {
    let keys = ["outcome", "contains", "contentType", "headers", "attempts", "after", "error"] + PayloadReader.keys
    guard let map = field.map(keys: keys, example: "{ json: { … } }") else { return nil }
    let own: TestExpectation.Outcome = map["outcome"].flatMap { $0.word("an outcome") } ?? outcome
    let payload = readPayload(map)
    if let payload, own != .delivered {
      field.findings.error(
        at: payload.mark,
        field: field.path,
        "nothing arrives where the outcome is \(own.rawValue)",
        remedy: "remove the payload"
      )
    }
    if let error = map["error"], own == .delivered || own == .dropped {
      error.error("a destination that is \(own.rawValue) has no error", remedy: "remove it, or add outcome: failed")
    }
    return DestinationExpectation(
      destination: name,
      mark: mark,
      outcome: own,
      payload: payload,
      contentType: map["contentType"]?.string("a media type", example: "application/json"),
      headers: map.headers("headers"),
      attempts: map["attempts"]?.int(in: 1...1001),
      after: map["after"]?.duration(in: .zero ... .seconds(31_536_000)),
      error: map["error"].flatMap(readError)
    )
  }

  private func readPayload(_ map: YAMLMap) -> PayloadExpectation? {
    let whole = PayloadReader(file: file).read(map, isRequired: false)
    if let part = map["contains"] {
      if whole != nil { part.error("contains and a whole payload cannot both be here", remedy: "keep one of them") }
      return PayloadExpectation(form: .contains(part.node.json), mark: part.mark)
    }
    return whole.map { PayloadExpectation(form: $0.json.map { .json($0) } ?? .bytes($0.bytes), mark: $0.field.mark) }
  }

  private func readError(_ field: YAMLField) -> ErrorExpectation? {
    guard
      let map = field.map(
        keys: ["stage", "code", "messageContains"],
        hints: ["message": "did you mean messageContains?"],
        example: "{ code: step.timeout }"
      )
    else { return nil }
    return ErrorExpectation(
      mark: field.mark,
      stage: map["stage"]?.string("the name of a step or destination", example: "converter-1"),
      stageMark: map["stage"]?.mark,
      code: map["code"]?.string("a code", example: "step.timeout"),
      messageContains: map["messageContains"]?.string("text", example: "too large")
    )
  }
}
