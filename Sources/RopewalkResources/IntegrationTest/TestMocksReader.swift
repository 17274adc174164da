import RopewalkConnector
import RopewalkCore
import RopewalkPlugins

/// Reads `mocks` of a test case.
struct TestMocksReader {
  /// Answers in turn, and mocked addresses, in one case.
  static let maxAnswers = 100

  let file: String

  func read(_ field: YAMLField) -> TestMocks {
    guard let map = field.map(keys: ["http", "destinations"], example: "{ http: [ … ], destinations: { http: [ … ] } }") else {
      return TestMocks()
    }
    let http =
      map["http"]?.list(limit: Self.maxAnswers, example: "a list: - { url: https://api.example/rates, respond: { status: 200 } }") ?? []
    let destinations = map["destinations"]?.entries(example: "{ http: [ { status: 503 }, { status: 200 } ] }") ?? []
    return TestMocks(
      http: http.compactMap(readHTTP),
      destinations: destinations.compactMap { readDestination($0.key, $0.keyMark, $0.value) }
    )
  }

  // MARK: HTTPCall

  private func readHTTP(_ field: YAMLField) -> HTTPMock? {
    let example = "{ url: https://api.example/rates, respond: { status: 200 } }"
    guard let map = field.map(keys: ["method", "url", "respond", "fail"], example: example) else { return nil }
    let method = map["method"]?.string("a method", example: "GET")?.uppercased()
    let url = map.required("url", example: "https://api.example/rates")?.string("an address", example: "https://api.example/rates")
    let answers = readAnswers(map)
    guard let url, !answers.isEmpty else { return nil }
    return HTTPMock(mark: field.mark, method: method, url: url, answers: answers)
  }

  private enum HTTPFailure: String, CaseIterable { case timeout, unreachable }

  private func readAnswers(_ map: YAMLMap) -> [HTTPMock.Answer] {
    switch (map["respond"], map["fail"]) {
    case (let respond?, nil):
      return respond.oneOrMore(limit: Self.maxAnswers, example: "{ status: 200 }")?.compactMap(readResponse) ?? []
    case (nil, let fail?):
      return fail.word("a way to fail", of: HTTPFailure.self).map { [$0 == .timeout ? .timeout : .unreachable] } ?? []
    case (_?, let fail?):
      fail.error(
        "respond and fail cannot both be here",
        remedy: "keep one of them, or write fail: timeout as an item of the list under respond"
      )
    case (nil, nil):
      map.missing("respond", "missing", remedy: "add respond: { status: 200, json: { … } } or fail: timeout")
    }
    return []
  }

  private func readResponse(_ field: YAMLField) -> HTTPMock.Answer? {
    guard let map = field.map(keys: ["status", "headers", "fail"] + PayloadReader.keys, example: "{ status: 200 }") else { return nil }
    if let fail = map["fail"] { return fail.word("a way to fail", of: HTTPFailure.self).map { $0 == .timeout ? .timeout : .unreachable } }
    let status = map.int("status", in: 100...599, default: 200)
    var headers = map.headers("headers")
    let payload = PayloadReader(file: file).read(map, isRequired: false)
    if let type = payload?.contentType, !type.isEmpty, headers["Content-Type"] == nil { headers["Content-Type"] = type }
    return .respond(OutboundHTTP.Response(status: status, headers: headers, body: payload?.bytes ?? []))
  }

  // MARK: Destinations

  private func readDestination(_ name: String, _ mark: SourceMark, _ field: YAMLField) -> DestinationMock? {
    let items = field.oneOrMore(limit: Self.maxAnswers, example: "[ { status: 503 }, { status: 200 } ]") ?? []
    if items.isEmpty { field.error("the list is empty", remedy: "write [ accept ], or remove the destination") }
    let answers = items.compactMap(readAnswer)
    return answers.isEmpty ? nil : DestinationMock(destination: name, mark: mark, answers: answers)
  }

  private enum Word: String, CaseIterable { case accept }

  private static let codes: [ConnectionError.Code] = [
    .connectionFailed, .sendFailed, .timeout, .rejected, .rateLimited, .unauthorized, .unsupported,
  ]
  private static let recoverable: Set<ConnectionError.Code> = [.connectionFailed, .sendFailed, .timeout, .rateLimited]

  private func readAnswer(_ field: YAMLField) -> DestinationMock.Answer? {
    if case .scalar = field.node.content { return field.word("an answer", of: Word.self).map { _ in .accept } }
    let keys = ["status", "error", "message", "recoverable", "retryAfter"]
    guard let map = field.map(keys: keys, example: "{ status: 503 }, { error: TIMEOUT } or accept") else { return nil }
    let retryAfter = map["retryAfter"]?.duration(in: .zero ... .seconds(86_400))
    switch (map["status"], map["error"]) {
    case (let status?, nil):
      for key in map.present(["message", "recoverable"]) { map[key]?.error("\(key) goes with error only", remedy: "remove it") }
      return status.int(in: 100...599).map { .status($0, retryAfter: retryAfter) }
    case (nil, let error?): return readFailure(error, map, retryAfter)
    case (_?, let error?): error.error("status and error cannot both be here", remedy: "keep one of them")
    case (nil, nil): map.missing("status", "missing", remedy: "add status: 503 or error: TIMEOUT")
    }
    return nil
  }

  private func readFailure(_ field: YAMLField, _ map: YAMLMap, _ retryAfter: Duration?) -> DestinationMock.Answer? {
    guard let code = field.string("a code", example: "TIMEOUT") else { return nil }
    guard let known = Self.codes.first(where: { $0.name == code }) else {
      field.unknown("a code of the connector contract", known: Self.codes.map(\.name))
      return nil
    }
    return .failure(
      code: code,
      message: map["message"]?.string("text", example: "the peer is away") ?? "mocked \(code)",
      recoverable: map.bool("recoverable", default: Self.recoverable.contains(known)),
      retryAfter: retryAfter
    )
  }
}
