import RopewalkConnector
import RopewalkCore
import RopewalkResources

/// The integration of docs/architecture.md, as it stands there.
let architectureExample = """
  apiVersion: ropewalk.dev/v1
  kind: Integration
  metadata:
    name: invoice-sync
  spec:
    customer: { header: X-Customer-ID }        # or a fixed one: customer: acme
    incoming:
      type: http-webhook
      config: { listen: 127.0.0.1:8080, endpoint: /webhooks/invoices }
    steps:
      - converter: { type: wasm, source: ./invoice.ts, config: { timeout: 5s, memoryLimit: 128Mi } }
      - filter:
          type: wasm
          inline: |
            export function process(message: Message): Message {
              if (message.amount > 1000) {
                return message;
              }
            }
          config: { timeout: 2s, memoryLimit: 64Mi }
    outgoing:
      type: http
      plugin: github.com/ropewalk/connectors/http@>=1.0.0,<2.0.0
      config: { url: "${SECRET:erp_url}" }

  """

/// A host with three connectors and two functions, one secret and one environment variable; sources need not exist.
func context(missing: ReferenceResolver.Missing = .refuse) -> IntegrationContext {
  IntegrationContext(
    references: ReferenceResolver(
      secrets: FixedSecretSource(["erp_url": Secret("http://erp.example/orders"), "token": Secret("s3cr\"et")], place: "the test"),
      environment: { ["REGION": "north", "EMPTY": ""][$0] },
      missing: missing
    ),
    connectors: ["http-webhook", "http", "file"].map { PluginMetadata(id: $0, name: $0, supportedTypes: [$0], description: $0) },
    functions: ["xml-to-json", "json-to-xml"],
    requiresSourceFiles: false
  )
}

/// The diagnostics of a file, each as one line.
func diagnostics(_ text: String, _ context: IntegrationContext = context()) async -> [String] {
  do throws(DiagnosticsError) {
    return try await IntegrationFile.parse(text: text, file: "a.yaml", in: context).warnings.map(\.description)
  } catch {
    return error.diagnostics.map(\.description)
  }
}

/// A file in the short form with one more line under `integration:`.
func shortForm(_ lines: String...) -> String {
  (["integration:", "  id: a", "  incoming: { type: file, config: { path: in } }", "  outgoing: { type: file, config: { path: out } }"]
    + lines)
    .joined(separator: "\n") + "\n"
}
