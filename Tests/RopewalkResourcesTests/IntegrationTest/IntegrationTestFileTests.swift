import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import Testing

@Suite struct IntegrationTestFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder([
      "integration.yaml": architectureExample, "invoice.ts": "", "data/invoice.xml": "<Invoice/>", "x.bin": "\u{1}",
    ])
  }

  private func parse(_ spec: String) throws(DiagnosticsError) -> IntegrationTestFile.Contents {
    let head = "apiVersion: ropewalk.dev/v1\nkind: IntegrationTest\nmetadata: { name: t }\nspec:\n"
    return try IntegrationTestFile.parse(text: head + spec, file: "\(folder.path)/t.yaml")
  }

  private func diagnostics(_ spec: String) -> [String] {
    do throws(DiagnosticsError) {
      return try parse(spec).warnings.map(\.description)
    } catch {
      return error.diagnostics.map { $0.description.replacing(folder.path, with: "") }
    }
  }

  @Test func readsEveryKey() throws {
    let test = try parse(
      """
        integration: { file: ./integration.yaml, name: invoice-sync }
        secrets: { erp_url: http://erp.example/orders }
        environment: { REGION: north }
        cases:
          - name: big order goes on
            input:
              file: ./data/invoice.xml
              customer: acme
              headers: { X: y, Set: [a, b] }
              source: http-webhook
              id: order-1
            mocks:
              http:
                - method: get
                  url: https://api.example/rates
                  respond: [ { status: 500 }, { fail: timeout }, { json: { rate: 1.10 }, headers: { ETag: x } } ]
                - { url: "https://api.example/*", fail: unreachable }
              destinations:
                http: [ { status: 503, retryAfter: 2s }, { error: TIMEOUT }, { error: REJECTED, message: no, recoverable: true }, accept ]
                archive: { status: 200 }
            expect:
              outcome: failed
              error: { stage: filter-2, code: step.timeout, messageContains: too long }
              destinations:
                http: { outcome: delivered, json: { total: 5 }, contentType: application/json, headers: { A: b }, attempts: 4, after: 3s }
                archive: { outcome: delivered, contains: { total: 5 } }
                other: { error: { code: X } }
                text: { outcome: delivered, payload: "hi" }
                binary: { outcome: delivered, base64: "AQ==" }
                file: { outcome: delivered, file: data/invoice.xml }
                gone: { outcome: dropped }
          - { name: empty, input: { payload: "" }, expect: { outcome: refused } }
          - { name: json, input: { json: null, contentType: text/x }, expect: { outcome: dropped } }
          - { name: base64, input: { base64: "aGVs bG8=" }, expect: { outcome: delivered } }
      """
    ).tests[0]
    #expect(test.metadata.name == "t")
    #expect(test.integrationFile == "\(folder.path)/integration.yaml")
    #expect(test.integrationName == "invoice-sync")
    #expect(test.secrets == ["erp_url": Secret("http://erp.example/orders")])
    #expect(test.environment == ["REGION": "north"])
    #expect(test.cases.map(\.name) == ["big order goes on", "empty", "json", "base64"])
    #expect(test.cases.map(\.mark.line) == [9, 36, 37, 38])

    let big = test.cases[0]
    #expect(big.input.payload == Array("<Invoice/>".utf8))
    #expect(big.input.contentType == "application/xml")
    #expect(big.input.customer == "acme")
    #expect(big.input.source == "http-webhook")
    #expect(big.input.id == "order-1")
    #expect(big.input.headers.fields.map { "\($0.name)=\($0.value)" } == ["X=y", "Set=a", "Set=b"])
    #expect(test.cases.dropFirst().map { String(decoding: $0.input.payload, as: UTF8.self) } == ["", "null", "hello"])
    #expect(test.cases.dropFirst().map(\.input.contentType) == ["", "text/x", ""])

    #expect(big.mocks.http.map(\.method) == ["GET", nil])
    #expect(
      big.mocks.http[0].answers == [
        .respond(OutboundHTTP.Response(status: 500, headers: MessageHeaders(), body: [])), .timeout,
        .respond(
          OutboundHTTP.Response(
            status: 200,
            headers: MessageHeaders([.init(name: "ETag", value: "x"), .init(name: "Content-Type", value: "application/json")]),
            body: Array(#"{"rate":1.10}"#.utf8)
          )
        ),
      ]
    )
    #expect(big.mocks.http[1].answers == [.unreachable])
    #expect(big.mocks.http[0].fits(method: "get", url: "https://api.example/rates"))
    #expect(!big.mocks.http[0].fits(method: "POST", url: "https://api.example/rates"))
    #expect(!big.mocks.http[0].fits(method: "GET", url: "https://api.example/rates/x"))
    #expect(big.mocks.http[1].fits(method: "POST", url: "https://api.example/any"))
    #expect(!big.mocks.http[1].fits(method: "POST", url: "https://api.exampl"))
    #expect(big.mocks.destinations.map(\.destination) == ["http", "archive"])
    #expect(
      big.mocks.destinations[0].answers == [
        .status(503, retryAfter: .seconds(2)),
        .failure(code: "TIMEOUT", message: "mocked TIMEOUT", recoverable: true, retryAfter: nil),
        .failure(code: "REJECTED", message: "no", recoverable: true, retryAfter: nil),
        .accept,
      ]
    )

    #expect(big.expect.outcome == .failed)
    #expect(big.expect.error?.stage == "filter-2")
    #expect(big.expect.error?.code == "step.timeout")
    #expect(big.expect.error?.messageContains == "too long")
    let expected = big.expect.destinations
    #expect(expected.map(\.destination) == ["http", "archive", "other", "text", "binary", "file", "gone"])
    #expect(expected.map(\.outcome) == [.delivered, .delivered, .failed, .delivered, .delivered, .delivered, .dropped])
    #expect(
      expected.map(\.payload?.form) == [
        .json(["total": 5]), .contains(["total": 5]), nil, .bytes(Array("hi".utf8)), .bytes([1]), .bytes(Array("<Invoice/>".utf8)), nil,
      ]
    )
    #expect(expected[0].attempts == 4)
    #expect(expected[0].after == .seconds(3))
    #expect(expected[0].contentType == "application/json")
    #expect(expected[0].headers["a"] == "b")
    #expect(expected[2].error?.code == "X")
  }

  @Test func fillsTheIntegrationsReferencesFromStandIns() async throws {
    let test = try parse(
      """
        integration: integration.yaml
        secrets: { other: x }
        environment: { PATH: nowhere }
        cases: [ { name: a, input: { payload: "" }, expect: { outcome: delivered } } ]
      """
    ).tests[0]
    #expect(test.references.environment("PATH") == "nowhere")
    #expect(test.references.environment("HOME") == nil)
    let error = await #expect(throws: DiagnosticsError.self) {
      try await IntegrationFile.read(path: test.integrationFile, in: IntegrationContext(references: test.references))
    }
    #expect(
      error?.description.replacing(folder.path, with: "")
        == "/integration.yaml:24:20: error: spec.outgoing.config.url: the secret erp_url is not there; put it in spec.secrets of /t.yaml, under erp_url"
    )
    let other = await #expect(throws: DiagnosticsError.self) {
      let text = "integration: { id: a, incoming: { type: file, config: { path: \"${ENV:HOME}\" } }, outgoing: { type: stdio } }"
      return try await IntegrationFile.parse(text: text, file: "a.yaml", in: IntegrationContext(references: test.references))
    }
    #expect(
      other?.description.replacing(folder.path, with: "").hasSuffix(
        "the environment variable HOME is not set; put it in spec.environment of /t.yaml"
      ) == true,
      "\(String(describing: other))"
    )
  }

  @Test func reportsNamesThatTheIntegrationDoesNotHave() async throws {
    let test = try parse(
      """
        integration: integration.yaml
        cases:
          - name: a
            input: { payload: "", source: webhook }
            mocks: { destinations: { htpp: accept } }
            expect:
              outcome: failed
              error: { stage: filter-3 }
              destinations: { erp: { error: { stage: http } } }
      """
    ).tests[0]
    let integration = try await IntegrationFile.read(path: test.integrationFile, in: context()).integrations[0]
    #expect(
      test.problems(with: integration).map { $0.description.replacing(folder.path, with: "") } == [
        "/t.yaml:8:37: error: the integration invoice-sync has no incoming connection webhook; it has http-webhook",
        "/t.yaml:9:32: error: the integration invoice-sync has no destination htpp; did you mean http?",
        "/t.yaml:12:25: error: the integration invoice-sync has no step or destination filter-3; did you mean filter-2?",
        "/t.yaml:13:25: error: the integration invoice-sync has no destination erp; it has http",
      ]
    )
  }

  @Test func reportsEverythingAtOnce() {
    let found = diagnostics(
      """
        integration: ./nope.yaml
        secrets: { a: 5 }
        cases:
          - name: a
            input: { payload: x, json: 1, file: y }
            mocks:
              http: [ { respond: {} }, { url: x }, { url: x, respond: {}, fail: timeout }, { url: x, fail: slowly }, { url: x, respond: { status: 99 } } ]
              destinations: { a: [], b: [ maybe ], c: { status: 500, error: X }, d: { error: TIMEOT }, e: {}, f: { status: 200, message: x } }
            expect: { outcome: deliverd }
          - { name: b, input: { file: nope.json, text: x }, expect: { outcome: delivered, error: {} } }
          - name: b
            input: { base64: "a" }
            expect:
              outcome: dropped
              destinations: { a: { json: 1 }, b: { error: {} }, c: { outcome: delivered, json: 1, contains: 1, attempts: 0, after: 5, headers: { "a b": x } } }
          - { input: {}, expect: { outcome: failed, error: { message: x } } }
      """
    )
    #expect(
      found == [
        "/t.yaml:5:16: error: spec.integration: the file /nope.yaml does not exist; write a path relative to the folder of this file",
        "/t.yaml:6:17: error: spec.secrets.a: expected text, found the number 5; write it in quotes: \"5\"",
        "/t.yaml:9:34: error: spec.cases[0].input.json: json and payload cannot both be here; keep one of them",
        "/t.yaml:9:43: error: spec.cases[0].input.file: file and payload cannot both be here; keep one of them",
        "/t.yaml:11:17: error: spec.cases[0].mocks.http[0].url: missing; add url: https://api.example/rates",
        "/t.yaml:11:34: error: spec.cases[0].mocks.http[1].respond: missing; add respond: { status: 200, json: { … } } or fail: timeout",
        "/t.yaml:11:75: error: spec.cases[0].mocks.http[2].fail: respond and fail cannot both be here; keep one of them, or write fail: timeout as an item of the list under respond",
        "/t.yaml:11:102: error: spec.cases[0].mocks.http[3].fail: \"slowly\" is not a way to fail; known: timeout, unreachable",
        "/t.yaml:11:141: error: spec.cases[0].mocks.http[4].respond.status: 99 is less than the least, 100; write a value from 100 to 599",
        "/t.yaml:12:28: error: spec.cases[0].mocks.destinations.a: the list is empty; write [ accept ], or remove the destination",
        "/t.yaml:12:37: error: spec.cases[0].mocks.destinations.b[0]: \"maybe\" is not an answer; known: accept",
        "/t.yaml:12:71: error: spec.cases[0].mocks.destinations.c.error: status and error cannot both be here; keep one of them",
        "/t.yaml:12:88: error: spec.cases[0].mocks.destinations.d.error: \"TIMEOT\" is not a code of the connector contract; did you mean TIMEOUT?",
        "/t.yaml:12:101: error: spec.cases[0].mocks.destinations.e.status: missing; add status: 503 or error: TIMEOUT",
        "/t.yaml:12:132: error: spec.cases[0].mocks.destinations.f.message: message goes with error only; remove it",
        "/t.yaml:13:26: error: spec.cases[0].expect.outcome: \"deliverd\" is not an outcome; did you mean delivered?",
        "/t.yaml:14:33: error: spec.cases[1].input.file: the file /nope.json does not exist; write a path relative to the folder of this file",
        "/t.yaml:14:44: error: spec.cases[1].input.text: unknown key; did you mean payload?",
        "/t.yaml:14:92: error: spec.cases[1].expect.error: a message that is delivered has no error; remove it, or expect outcome: failed",
        "/t.yaml:16:24: error: spec.cases[2].input.base64: this is not base64; use the letters A-Z, a-z, 0-9, + and /, with = at the end",
        "/t.yaml:19:36: error: spec.cases[2].expect.destinations.a: nothing arrives where the outcome is dropped; remove the payload",
        "/t.yaml:19:53: error: spec.cases[2].expect.destinations.b.error: a destination that is dropped has no error; remove it, or add outcome: failed",
        "/t.yaml:19:103: error: spec.cases[2].expect.destinations.c.contains: contains and a whole payload cannot both be here; keep one of them",
        "/t.yaml:19:116: error: spec.cases[2].expect.destinations.c.attempts: 0 is less than the least, 1; write a value from 1 to 1001",
        "/t.yaml:19:126: error: spec.cases[2].expect.destinations.c.after: expected a duration, found the number 5; write the unit behind it: 5s for seconds, 5ms for milliseconds",
        "/t.yaml:19:140: error: spec.cases[2].expect.destinations.c.headers.a b: this cannot be the name of a header; write one such as X-Trace",
        "/t.yaml:20:7: error: spec.cases[3].name: missing; add name: big order goes on",
        "/t.yaml:20:16: error: spec.cases[3].input.payload: missing; add payload: text, json: { … }, base64: … or file: ./message.json",
        "/t.yaml:20:56: error: spec.cases[3].expect.error.message: unknown key; did you mean messageContains?",
      ]
    )
  }

  @Test func reportsWhatIsMissing() {
    #expect(
      diagnostics("  cases: []\n") == [
        "/t.yaml:5:3: error: spec.integration: missing; add integration: ./integration.yaml",
        "/t.yaml:5:10: error: spec.cases: the list is empty; write a list: - { name: big order goes on, input: { … }, expect: { outcome: delivered } }",
      ]
    )
    let twice =
      "  integration: integration.yaml\n  cases:\n"
      + String(repeating: "    - { name: a, input: { payload: x }, expect: { outcome: delivered } }\n", count: 2)
    #expect(
      diagnostics(twice) == ["/t.yaml:8:7: error: spec.cases[1]: a case of the name \"a\" is already in line 7; give it another name"]
    )
    #expect(throws: DiagnosticsError.self) { try IntegrationTestFile.read(path: "\(folder.path)/absent.yaml") }
  }

  @Test(arguments: [
    ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\nYg==", "foob"), ("", ""), ("Zg=", nil), ("Zg", nil), ("Z===", nil),
    ("Zh==", nil),
    ("Zg==Zg==", nil), ("Zm9*", nil),
  ])
  func decodesBase64(text: String, expected: String?) {
    let spec =
      "  integration: integration.yaml\n  cases: [ { name: a, input: { base64: \(JSON.string(text).text()) }, expect: { outcome: delivered } } ]\n"
    let payload = try? parse(spec).tests[0].cases[0].input.payload
    #expect(payload.map { String(decoding: $0, as: UTF8.self) } == expected)
  }
}
