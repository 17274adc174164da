import RopewalkCore

/// Reads one document into a test.
struct IntegrationTestReader {
  let file: String

  func read(_ document: YAMLField) -> IntegrationTest? {
    guard let envelope = ObjectEnvelope(of: document, kind: .integrationTest, nameExample: "invoice-tests") else { return nil }
    let keys = ["integration", "secrets", "environment", "cases"]
    guard let map = envelope.spec?.map(keys: keys, example: "a map with integration and cases") else { return nil }
    let integration = readIntegration(map)
    let secrets = map.strings("secrets", example: "{ erp_url: http://erp.example }")
    let environment = map.strings("environment", example: "{ REGION: north }")
    let cases = readCases(map)
    guard let metadata = envelope.metadata, let integration else { return nil }
    return IntegrationTest(
      metadata: metadata,
      integrationFile: integration.file,
      integrationName: integration.name,
      integrationMark: integration.mark,
      secrets: Dictionary(secrets.map { ($0.key, Secret($0.value)) }) { first, _ in first },
      environment: Dictionary(environment.map { ($0.key, $0.value) }) { first, _ in first },
      cases: cases,
      file: file
    )
  }

  private func readIntegration(_ spec: YAMLMap) -> (file: String, name: String?, mark: SourceMark)? {
    guard let field = spec.required("integration", example: "./integration.yaml") else { return nil }
    let example = "./integration.yaml, or { file: ./integrations.yaml, name: invoice-sync }"
    var path = field
    var name: String?
    if case .map = field.node.content {
      guard let map = field.map(keys: ["file", "name"], example: example) else { return nil }
      name = map["name"]?.name(example: "invoice-sync")
      guard let file = map.required("file", example: "./integration.yaml") else { return nil }
      path = file
    }
    guard let text = path.string("the path of the integration's file", example: example) else { return nil }
    let resolved = FileContents.resolve(text, besideFile: file)
    if let problem = FileContents.problem(withFile: resolved) {
      path.error("the file \(resolved) \(problem)", remedy: "write a path relative to the folder of this file")
      return nil
    }
    return (resolved, name, path.mark)
  }

  private func readCases(_ spec: YAMLMap) -> [IntegrationTestCase] {
    let example = "a list: - { name: big order goes on, input: { … }, expect: { outcome: delivered } }"
    guard let items = spec.required("cases", example: example)?.list(limit: IntegrationTestFile.maxCases, example: example) else {
      return []
    }
    if items.isEmpty { spec["cases"]?.error("the list is empty", remedy: "write \(example)") }
    var names: [String: SourceMark] = [:]
    return items.compactMap { item in
      guard let testCase = readCase(item) else { return nil }
      if let first = names.updateValue(testCase.mark, forKey: testCase.name) {
        item.error("a case of the name \"\(testCase.name)\" is already in line \(first.line)", remedy: "give it another name")
      }
      return testCase
    }
  }

  private func readCase(_ field: YAMLField) -> IntegrationTestCase? {
    guard let map = field.map(keys: ["name", "input", "mocks", "expect"], example: "{ name: …, input: …, expect: … }") else { return nil }
    let name = map.required("name", example: "big order goes on")?.string("a name", example: "big order goes on")
    let input = map.required("input", example: "{ json: { amount: 1500 } }").flatMap(readInput)
    let mocks = map["mocks"].map { TestMocksReader(file: file).read($0) } ?? TestMocks()
    let expect = map.required("expect", example: "{ outcome: delivered }").flatMap { TestExpectationReader(file: file).read($0) }
    guard let name, let input, let expect else { return nil }
    return IntegrationTestCase(name: name, mark: field.mark, input: input, mocks: mocks, expect: expect)
  }

  private func readInput(_ field: YAMLField) -> TestInput? {
    let keys = PayloadReader.keys + ["contentType", "customer", "headers", "source", "id"]
    guard let map = field.map(keys: keys, hints: ["text": "did you mean payload?"], example: "{ json: { amount: 1500 } }") else {
      return nil
    }
    let payload = PayloadReader(file: file).read(map, isRequired: true)
    let contentType = map["contentType"]?.string("a media type", example: "application/json")
    let customer = map["customer"]?.string("a customer's id", example: "acme")
    let id = map["id"]?.string("a message id", example: "order-1")
    let source = map["source"]?.name(example: "http-webhook")
    let headers = map.headers("headers")
    guard let payload else { return nil }
    return TestInput(
      source: source,
      sourceMark: map["source"]?.mark,
      id: id,
      payload: payload.bytes,
      contentType: contentType ?? payload.contentType,
      headers: headers,
      customer: customer
    )
  }
}

extension YAMLMap {
  /// Header fields: a map of names to text, or to a list of texts for a field that comes several times.
  func headers(_ key: String) -> MessageHeaders {
    var headers = MessageHeaders()
    for entry in self[key]?.entries(example: "{ X-Trace: abc }") ?? [] {
      guard IntegrationReader.isHeaderName(entry.key) else {
        field.findings.error(
          at: entry.keyMark,
          field: entry.value.path,
          "this cannot be the name of a header",
          remedy: "write one such as X-Trace"
        )
        continue
      }
      for value in entry.value.oneOrMore(limit: 100, example: "text") ?? [] {
        if let text = value.string("text", example: "text") { headers.append(name: entry.key, value: text) }
      }
    }
    return headers
  }
}
