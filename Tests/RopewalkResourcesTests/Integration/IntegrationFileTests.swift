import RopewalkConnector
import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import Testing

@Suite struct IntegrationFileTests {
  private func read(_ text: String, _ context: IntegrationContext = context()) async throws -> Integration {
    let contents = try await IntegrationFile.parse(text: text, file: "folder/a.yaml", in: context)
    #expect(contents.warnings.isEmpty)
    return try #require(contents.integrations.first)
  }

  @Test func readsTheExampleOfTheArchitecture() async throws {
    let contents = try await IntegrationFile.parse(text: architectureExample, file: "folder/integration.yaml", in: context())
    #expect(contents.warnings.isEmpty)
    #expect(contents.secrets == ["erp_url": Secret("http://erp.example/orders")])
    let integration = try #require(contents.integrations.first)
    #expect(integration.metadata == ObjectMetadata(name: "invoice-sync"))
    #expect(integration.file == "folder/integration.yaml")

    let spec = integration.spec
    #expect(spec.customer == .header("X-Customer-ID"))
    #expect(spec.tenant == "default")
    #expect(spec.limits == PipelineLimits())
    #expect(spec.incoming.map(\.name) == ["http-webhook"])
    #expect(spec.incoming[0].settings == ["listen": "127.0.0.1:8080", "endpoint": "/webhooks/invoices"])
    #expect(spec.incoming[0].places.field(for: ["endpoint"]) == "spec.incoming.config.endpoint")
    #expect(spec.incoming[0].places.mark(for: ["endpoint"]) == SourceMark(file: "folder/integration.yaml", line: 9, column: 49))
    #expect(spec.incoming[0].places.mark(for: ["tls", "key"]) == SourceMark(file: "folder/integration.yaml", line: 9, column: 13))

    #expect(spec.steps.map(\.name) == ["converter-1", "filter-2"])
    #expect(spec.steps.map(\.kind) == [.converter, .filter])
    #expect(spec.steps[0].logic == .file("folder/invoice.ts"))
    #expect(spec.steps[0].limits == LogicLimits(timeout: .seconds(5), memoryLimit: .mebibytes(128)))
    #expect(spec.steps[0].capabilities.isEmpty)
    #expect(spec.steps[0].places.field(for: ["config", "timeout"]) == "spec.steps[0].converter.config.timeout")
    guard case .inline(let code, let mark) = spec.steps[1].logic else {
      Issue.record("not inline")
      return
    }
    #expect(code.hasPrefix("export function process(message: Message): Message {\n  if (message.amount > 1000) {\n"))
    #expect(mark == SourceMark(file: "folder/integration.yaml", line: 15, column: 11))

    #expect(spec.outgoing.count == 1)
    #expect(spec.outgoing[0].connection.plugin == "github.com/ropewalk/connectors/http@>=1.0.0,<2.0.0")
    #expect(spec.outgoing[0].connection.settings == ["url": "http://erp.example/orders"])
    #expect(spec.outgoing[0].connection.timeout == .seconds(30))
    #expect(spec.outgoing[0].connection.retryPolicy == RetryPolicy())
    #expect(spec.outgoing[0].maxInFlight == 64)
  }

  @Test func readsTheShortForm() async throws {
    let spec = try await read(
      """
      integration:
        id: invoice-sync
        incoming: { type: http-webhook, config: { endpoint: /x } }
        filter: { inline: "export const process = m => m" }
        converter: { function: xml-to-json }
        outgoing: { type: file, config: { path: out } }
      """
    ).spec
    #expect(spec.customer == .header("X-Customer-ID"))
    #expect(spec.steps.map(\.kind) == [.converter, .filter])
    #expect(spec.steps.map(\.name) == ["converter-1", "filter-2"])
    #expect(spec.steps[0].logic == .function("xml-to-json"))
  }

  @Test func readsTheSameFromJSON() async throws {
    let integration = try await read(
      """
      {
      \t"integration": {
      \t\t"id": "a", "customer": "acme",
      \t\t"incoming": {"type": "file", "config": {"path": "in", "unicode": "\\u00e9\\n"}},
      \t\t"outgoing": [{"type": "file", "config": {"path": "out", "big": 12345678901234567890}}]
      \t}
      }
      """
    )
    #expect(integration.spec.customer == .fixed("acme"))
    #expect(integration.spec.incoming[0].settings["unicode"] == "é\n")
    #expect(integration.spec.outgoing[0].connection.settings["big"]?.text() == "12345678901234567890")
  }

  @Test func readsEveryKey() async throws {
    let integration = try await read(
      """
      apiVersion: ropewalk.dev/v1
      kind: Integration
      metadata: { name: all, namespace: team-a, labels: { tier: gold }, annotations: { note: "hello there" } }
      spec:
        customer: { path: customer }
        tenant: north
        incoming:
          - { name: door, type: http-webhook, plugin: github.com/ropewalk/connectors/http-webhook@^1, config: { endpoint: "/o/:customer" } }
          - { type: file }
        steps:
          - filter:
              name: gate
              type: wasm
              source: /abs/gate.wasm
              config:
                timeout: 250ms
                memoryLimit: 1Mi
                cpuWeight: 7
                maxOutputSize: 2k
                capabilities: [Log, HTTPCall]
                http:
                  allow: [api.example, "api.example:8443", "*.example", "[::1]:80"]
                  allowPrivateAddresses: true
                  timeout: 2s
                  maxResponseSize: 10
                  maxRequestSize: 20
                  maxCalls: 3
                  maxRedirects: 1
                settings: { limit: 1000, nested: { list: [1, x, null] } }
          - converter: { type: function, function: xml-to-json, config: { timeout: 1s, maxOutputSize: 1Mi, settings: { a: b } } }
        outgoing:
          - type: http
            config: { url: http://x }
            retry: { maxRetries: 0, initialBackoff: 10ms, backoffMultiplier: 1.5, maxBackoff: 1m, jitter: 0, timeout: 3s }
            maxInFlight: 2
            steps:
              - filter: { source: ../x.mjs }
          - { type: http, config: {} }
          - { name: archive, type: file }
        limits: { queuePerCustomer: 5, queue: 50, maxPayloadSize: 1Mi, drainTimeout: 0 }
      status: { whatever: true }
      """
    )
    #expect(
      integration.metadata
        == ObjectMetadata(name: "all", namespace: "team-a", labels: ["tier": "gold"], annotations: ["note": "hello there"])
    )
    let spec = integration.spec
    #expect(spec.customer == .path("customer"))
    #expect(spec.tenant == "north")
    #expect(spec.incoming.map(\.name) == ["door", "file"])
    #expect(spec.outgoing.map(\.connection.name) == ["http", "http-2", "archive"])
    #expect(spec.limits == PipelineLimits(queuePerCustomer: 5, queue: 50, maxPayloadSize: .mebibytes(1), drainTimeout: .zero))

    let gate = spec.steps[0]
    #expect(gate.name == "gate")
    #expect(gate.logic == .file("/abs/gate.wasm"))
    #expect(
      gate.limits
        == LogicLimits(timeout: .milliseconds(250), memoryLimit: .mebibytes(1), cpuWeight: 7, maxOutputSize: ByteCount(2000))
    )
    #expect(gate.capabilities == [.log, .httpCall])
    #expect(
      gate.http
        == OutboundHTTP.Policy(
          allowedHosts: ["api.example", "api.example:8443", "*.example", "[::1]:80"],
          allowsPrivateAddresses: true,
          timeout: .seconds(2),
          maxResponseSize: ByteCount(10),
          maxRequestSize: ByteCount(20),
          maxCallsPerMessage: 3,
          maxRedirects: 1
        )
    )
    #expect(gate.settings == ["limit": 1000, "nested": ["list": [1, "x", .null]]])
    #expect(spec.steps[1].settings == ["a": "b"])
    #expect(spec.steps[1].limits.maxOutputSize == .mebibytes(1))

    let erp = spec.outgoing[0]
    #expect(
      erp.connection.retryPolicy
        == RetryPolicy(maxRetries: 0, backoffMultiplier: 1.5, initialBackoff: .milliseconds(10), maxBackoff: .seconds(60), jitter: 0)
    )
    #expect(erp.connection.timeout == .seconds(3))
    #expect(erp.maxInFlight == 2)
    #expect(erp.steps.map(\.name) == ["http-filter-1"])
    #expect(erp.steps[0].logic == .file("folder/../x.mjs"))
  }

  @Test func defaultNamesMakeRoomForGivenOnes() async throws {
    let spec = try await read(
      """
      integration:
        id: a
        incoming: [ { type: file }, { type: file }, { name: file-2, type: file } ]
        steps: [ { filter: { function: xml-to-json } }, { filter: { name: filter-1, function: xml-to-json } } ]
        outgoing: [ { type: file }, { name: file, type: file } ]
      """
    ).spec
    #expect(spec.incoming.map(\.name) == ["file-3", "file-4", "file-2"])
    #expect(spec.outgoing.map(\.connection.name) == ["file-5", "file"])
    #expect(spec.steps.map(\.name) == ["filter-1-2", "filter-1"])
  }

  @Test func aSmallQueueBoundsACustomerToo() async throws {
    let spec = try await read(shortForm("  limits: { queue: 10 }")).spec
    #expect(spec.limits.queuePerCustomer == 10)
  }

  @Test func readsSeveralIntegrationsFromAFile() async throws {
    let text = shortForm() + "---\n" + shortForm().replacing("id: a", with: "id: b") + "---\n"
    let contents = try await IntegrationFile.parse(text: text, file: "a.yaml", in: context())
    #expect(contents.integrations.map(\.metadata.name) == ["a", "b"])
  }

  @Test func sharesSettingsThroughAnchors() async throws {
    let spec = try await read(
      """
      integration:
        id: a
        incoming: { type: file }
        outgoing:
          - { type: http, config: { url: http://a }, retry: &retry { maxRetries: 9 } }
          - { type: http, config: { url: http://b }, retry: { <<: *retry, jitter: 0.5 } }
      """
    ).spec
    #expect(spec.outgoing.map(\.connection.retryPolicy.maxRetries) == [9, 9])
    #expect(spec.outgoing.map(\.connection.retryPolicy.jitter) == [0.1, 0.5])
  }

  @Test func readsFilesAndFindsTheirSources() async throws {
    let folder = try TemporaryFolder([
      "a.yaml": shortForm("  filter: { source: ./logic/gate.ts }"),
      "logic/gate.ts": "export const process = m => m",
      "b.yaml": shortForm().replacing("id: a", with: "id: b"),
    ])
    var strict = context()
    strict.requiresSourceFiles = true
    let contents = try await IntegrationFile.read(paths: ["\(folder.path)/a.yaml", "\(folder.path)/b.yaml"], in: strict)
    #expect(contents.integrations.map(\.metadata.name) == ["a", "b"])
    #expect(contents.integrations[0].spec.steps[0].logic == .file("\(folder.path)/logic/gate.ts"))
  }

  @Test func reportsTheErrorsOfAllFiles() async throws {
    let folder = try TemporaryFolder(["a.yaml": shortForm(), "b.yaml": "# nothing\n", "c.yaml": shortForm(), "folder/x": ""])
    try folder.write("latin1.yaml", ([0x61, 0x3A, 0x0A, 0x20, 0xC3, 0xA9, 0xE9]))
    try folder.write("big.yaml", [UInt8](repeating: 0x20, count: IntegrationFile.maxSize.bytes + 1))
    let paths = ["a.yaml", "b.yaml", "c.yaml", "d.yaml", "folder", "latin1.yaml", "big.yaml"].map { "\(folder.path)/\($0)" }
    let error = await #expect(throws: DiagnosticsError.self) { try await IntegrationFile.read(paths: paths, in: context()) }
    #expect(
      error?.diagnostics.map { $0.description.replacing(folder.path, with: "") } == [
        "/b.yaml:1:1: error: the file is empty; write an integration into it",
        "/c.yaml:2:7: error: integration.id: an integration of the name a is already declared at /a.yaml:2:7; give it another name",
        "/d.yaml:1:1: error: the file does not exist; check the path",
        "/folder:1:1: error: the file is a folder; name a file",
        "/latin1.yaml:2:3: error: the file is not UTF-8 text; save it as UTF-8",
        "/big.yaml:1:1: error: the file is larger than 1Mi; split it up",
      ]
    )
  }

  @Test func theSameNameInAnotherNamespaceIsAnotherIntegration() async throws {
    let other = architectureExample.replacing("name: invoice-sync", with: "name: invoice-sync\n  namespace: other")
    let contents = try await IntegrationFile.parse(text: architectureExample + "---\n" + other, file: "a.yaml", in: context())
    #expect(contents.integrations.map(\.metadata.namespace) == ["default", "other"])
  }

  @Test func aTextCutOffAnywhereIsAnErrorOrAnIntegration() async throws {
    let bytes = Array(architectureExample.utf8)
    var whole = 0
    for length in 0...bytes.count {
      do throws(DiagnosticsError) {
        let contents = try await IntegrationFile.parse(
          text: String(decoding: bytes.prefix(length), as: UTF8.self),
          file: "a.yaml",
          in: context()
        )
        whole += contents.integrations.count
      } catch {
        #expect(!error.diagnostics.isEmpty)
        #expect(error.diagnostics.allSatisfy { $0.mark != nil })
      }
    }
    #expect(whole > 0 && whole < 60)
  }

  @Test func aTextWithAnyByteChangedIsAnErrorOrAnIntegration() async throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      var bytes = Array(architectureExample.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let interesting = Array("{}[]:,&*!|>'\"%@`#-?\t\n\r \u{0}$~<0a".utf8)
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = interesting.randomElement(using: &generator) ?? 0
      }
      _ = await diagnostics(String(decoding: bytes, as: UTF8.self))
    }
  }
}
