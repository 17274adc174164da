import RopewalkConnector
import RopewalkCore
import RopewalkResources
import Testing

/// What the golden file does not show: one file for each, with what is said about it.
@Suite struct IntegrationDiagnosticsTests {
  static let envelope = """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata: { name: a }
    spec:
      customer: acme
      incoming: { type: file }
      outgoing: { type: file }

    """

  @Test(arguments: [
    ("", "a.yaml:1:1: error: the file is empty; write an integration into it"),
    (
      "[]",
      "a.yaml:1:1: error: this is no integration; begin with apiVersion: ropewalk.dev/v1 and kind: Integration, or with integration: for the short form"
    ),
    (
      "a: 1",
      "a.yaml:1:1: error: this is no integration; begin with apiVersion: ropewalk.dev/v1 and kind: Integration, or with integration: for the short form"
    ),
    ("integration:", "a.yaml:1:1: error: integration: missing; add integration: { id: invoice-sync, … }"),
    ("integration: []", "a.yaml:1:14: error: integration: expected a map, found a list; write a map with id, incoming and outgoing"),
    (
      "apiVersion: ropewalk.dev/v1\nintegration: { id: a, incoming: { type: file }, outgoing: { type: file } }",
      "a.yaml:1:1: error: apiVersion: unknown key; the short form has none; remove it, or remove integration:"
    ),
    (
      "integration: { name: a, incoming: { type: file }, outgoing: { type: file } }",
      "a.yaml:1:14: error: integration.id: missing; add id: invoice-sync|a.yaml:1:16: error: integration.name: unknown key; did you mean id?"
    ),
    (
      envelope.replacing("kind: Integration", with: "kind: IntegrationTest"),
      "a.yaml:2:7: error: kind: found an IntegrationTest where an Integration should be; give it to 'ropewalk test'"
    ),
    (
      envelope.replacing("kind: Integration", with: "kind: Plugin"),
      "a.yaml:2:7: error: kind: found a Plugin where an Integration should be; it is the manifest of a plugin; give its folder to 'ropewalk plugin'"
    ),
    (
      envelope.replacing("kind: Integration", with: "kind: Deployment"),
      "a.yaml:2:7: error: kind: \"Deployment\" is not a kind of object; known: Integration, IntegrationTest, Plugin"
    ),
    (envelope.replacing("kind: Integration\n", with: ""), "a.yaml:1:1: error: kind: missing; add kind: Integration"),
    (
      envelope.replacing("apiVersion: ropewalk.dev/v1", with: "apiVersion:"),
      "a.yaml:1:1: error: apiVersion: missing; add apiVersion: ropewalk.dev/v1"
    ),
    (envelope.replacing("metadata: { name: a }\n", with: ""), "a.yaml:1:1: error: metadata: missing; add metadata: { name: invoice-sync }"),
    (
      envelope.replacing("{ name: a }", with: "{ name: -- }"),
      "a.yaml:3:19: error: metadata.name: \"--\" cannot be a name; use at most 63 small letters, digits and '-', with a letter or digit at both ends"
    ),
    (
      envelope.replacing("{ name: a }", with: "{ labels: [x] }"),
      "a.yaml:3:11: error: metadata.name: missing; add name: invoice-sync|a.yaml:3:21: error: metadata.labels: expected a map, found a list; write { team: billing }"
    ),
    (
      envelope.replacing("{ name: a }", with: "{ name: a, labels: { x: 5 } }"),
      "a.yaml:3:35: error: metadata.labels.x: expected text, found the number 5; write it in quotes: \"5\""
    ),
    (
      "apiVersion: ropewalk.dev/v1\nkind: Integration\nmetadata: { name: a }\n",
      "a.yaml:1:1: error: spec: missing; add spec: and what the Integration is under it"
    ),
    (
      envelope.replacing("  customer: acme\n", with: ""),
      "a.yaml:5:3: error: spec.customer: missing: messages without a customer are refused, and nothing says whose they are; add customer: { header: X-Customer-ID }, or customer: acme where all of them are one customer's"
    ),
    (
      envelope.replacing("acme", with: "42"),
      "a.yaml:5:13: error: spec.customer: expected a customer's id or a rule, found the number 42; write it in quotes: \"42\""
    ),
    (
      envelope.replacing("acme", with: "a b"),
      "a.yaml:5:13: error: spec.customer: \"a b\" cannot be a customer's id; use 1 to 128 letters, digits and -_.:@"
    ),
    (
      envelope.replacing("acme", with: "${ENV:REGION}"),
      "a.yaml:5:13: error: spec.customer: references are filled in within config only; write the value itself"
    ),
    (
      envelope.replacing("acme", with: "{ header: \"a b\" }"),
      "a.yaml:5:23: error: spec.customer.header: \"a b\" cannot be the name of a header; write one such as X-Customer-ID"
    ),
    (
      envelope.replacing("acme", with: "{ path: /x }"),
      "a.yaml:5:21: error: spec.customer.path: \"/x\" cannot name a part of the path; write customer for the endpoint /orders/:customer"
    ),
    (
      envelope.replacing("acme", with: "{ path: x, header: y }"),
      "a.yaml:5:21: error: spec.customer.path: header and path cannot both be here; keep one of them"
    ),
    (
      envelope.replacing("acme", with: "{}"),
      "a.yaml:5:13: error: spec.customer: the rule is empty; write { header: X-Customer-ID }, { path: customer } or a customer's id"
    ),
    (envelope.replacing("acme", with: "{ headr: x }"), "a.yaml:5:15: error: spec.customer.headr: unknown key; did you mean header?"),
    (
      envelope.replacing("incoming: { type: file }", with: "incoming: []"),
      "a.yaml:6:13: error: spec.incoming: the list is empty; add - { type: http-webhook, config: { listen: 127.0.0.1:8080, endpoint: /orders } }"
    ),
    (
      envelope.replacing("incoming: { type: file }", with: "incoming: file"),
      "a.yaml:6:13: error: spec.incoming: expected a map, found \"file\"; write { type: http-webhook, config: { … } }"
    ),
    (
      envelope.replacing("incoming: { type: file }", with: "incoming:"),
      "a.yaml:6:3: error: spec.incoming: missing; add incoming: { type: http-webhook, config: { listen: 127.0.0.1:8080, endpoint: /orders } }"
    ),
    (
      envelope.replacing("incoming: { type: file }", with: "incoming: { type: file, config: [] }"),
      "a.yaml:6:35: error: spec.incoming.config: expected a map, found a list; write { url: https://erp.example/orders }"
    ),
    (
      envelope.replacing("outgoing: { type: file }", with: "outgoing: [" + String(repeating: "{ type: file },", count: 65) + "]"),
      "a.yaml:7:13: error: spec.outgoing: a list of 65 is longer than the 64 allowed; split it up"
    ),
    (
      envelope.replacing("outgoing: { type: file }", with: "outgoing: { type: http, plugin: github.com/ropewalk/connectors/file }"),
      "a.yaml:7:35: error: spec.outgoing.plugin: the plugin is file, but the type is http; write github.com/ropewalk/connectors/http, or type: file"
    ),
    (
      envelope.replacing("outgoing: { type: file }", with: "outgoing: { type: htp, plugin: github.com/ropewalk/connectors/htp }"),
      "a.yaml:7:34: error: spec.outgoing.plugin: \"github.com/ropewalk/connectors/htp\" is not a built-in connector; did you mean github.com/ropewalk/connectors/http?"
    ),
    (
      envelope.replacing("outgoing: { type: file }", with: "outgoing: { type: ftp, plugin: example.com/ftp@1.0.0 }"),
      "a.yaml:7:34: error: spec.outgoing.plugin: the plugin example.com/ftp is not installed; built in under github.com/ropewalk/connectors/ are file, http, http-webhook"
    ),
    (
      envelope.replacing("outgoing: { type: file }", with: "outgoing: { type: file, retry: { jitter: lots, timeout: 0s } }"),
      "a.yaml:7:44: error: spec.outgoing.retry.jitter: expected a number, found \"lots\"; write one from 0.0 to 1.0, without quotes|a.yaml:7:59: error: spec.outgoing.retry.timeout: 0s is less than the least, 1ms; write a value from 1ms to 1h"
    ),
    (
      shortForm("  steps: x"),
      "a.yaml:5:10: error: integration.steps: expected a list, found \"x\"; write a list: - converter: { type: wasm, source: ./step.ts }"
    ),
    (
      shortForm("  steps: [ {} ]"),
      "a.yaml:5:12: error: integration.steps[0]: the step is empty; write converter: { type: wasm, source: ./step.ts }"
    ),
    (
      shortForm("  steps:", "    - converter:"),
      "a.yaml:6:7: error: integration.steps[0]: the step is empty; write converter: { type: wasm, source: ./step.ts }"
    ),
    (
      shortForm("  steps: [ { convertor: { source: ./a.ts } } ]"),
      "a.yaml:5:14: error: integration.steps[0].convertor: unknown key; did you mean converter?"
    ),
    (
      shortForm("  filter: {}"),
      "a.yaml:5:11: error: integration.filter.type: missing; add type: wasm with source: ./step.ts or inline: |, or type: function with function: xml-to-json"
    ),
    (
      shortForm("  filter: { type: wasm }"),
      "a.yaml:5:11: error: integration.filter.source: missing: the step has no code; add source: ./step.ts, or inline: | with TypeScript under it"
    ),
    (shortForm("  filter: { type: function }"), "a.yaml:5:11: error: integration.filter.function: missing; add function: xml-to-json"),
    (
      shortForm("  filter: { type: function, function: xml-to-jsno, source: ./a.ts }"),
      "a.yaml:5:39: error: integration.filter.function: \"xml-to-jsno\" is not a built-in function; did you mean xml-to-json?|a.yaml:5:60: error: integration.filter.source: a step of type function has no source; remove it, or write type: wasm"
    ),
    (
      shortForm("  filter: { type: wasm, function: x, source: ./a.ts }"),
      "a.yaml:5:35: error: integration.filter.function: a step of type wasm has no function; remove it, or write type: function"
    ),
    (
      shortForm("  filter: { type: wasm, plugin: x }"),
      "a.yaml:5:33: error: integration.filter.plugin: steps from installed plugins are not supported yet; name the plugin's file: source: ./plugin.wasm"
    ),
    (
      shortForm("  filter: { file: ./a.ts }"),
      "a.yaml:5:11: error: integration.filter.type: missing; add type: wasm with source: ./step.ts or inline: |, or type: function with function: xml-to-json|a.yaml:5:13: error: integration.filter.file: unknown key; did you mean source?"
    ),
    (
      shortForm("  filter: { name: delivery, function: xml-to-json }"),
      "a.yaml:5:19: error: integration.filter.name: the name delivery is already taken: dead letters have it for a stage that is no step, and a replay would not begin with this one; give the step another name"
    ),
    (
      shortForm("  steps: [ { converter: { name: start, function: xml-to-json } } ]"),
      "a.yaml:5:33: error: integration.steps[0].converter.name: the name start is already taken: dead letters have it for a stage that is no step, and a replay would not begin with this one; give the step another name"
    ),
    (
      shortForm("  filter: { inline: \" \" }"),
      "a.yaml:5:21: error: integration.filter.inline: the code is empty; write a function process(message)"
    ),
    (
      shortForm("  filter: { source: ./a.ts, config: { capabilities: Log } }"),
      "a.yaml:5:53: error: integration.filter.config.capabilities: expected a list, found \"Log\"; write a list: [Log, Transform]"
    ),
    (
      shortForm("  filter: { source: ./a.ts, config: { allow: [x] } }"),
      "a.yaml:5:39: error: integration.filter.config.allow: unknown key; put it under http"
    ),
    (
      shortForm("  filter: { function: xml-to-json, config: { cpuWeight: 5 } }"),
      "a.yaml:5:46: error: integration.filter.config.cpuWeight: unknown key; it means nothing to a built-in function; remove it"
    ),
    (
      shortForm("  filter: { source: ./a.ts, config: { settings: 5 } }"),
      "a.yaml:5:49: error: integration.filter.config.settings: expected a map, found the number 5; write { currency: EUR }"
    ),
    (
      shortForm(
        "  filter: { source: ./a.ts, config: { capabilities: [HTTPCall], http: { allow: [\"*.\", \"a:0\", \"a:b\", \"[x]\", \"\"], allowPrivateAddresses: yes } } }"
      ),
      "a.yaml:5:81: error: integration.filter.config.http.allow[0]: \"*.\" is no host; write api.example.com, api.example.com:8443 or *.example.com|a.yaml:5:87: error: integration.filter.config.http.allow[1]: \"a:0\" is no host; write api.example.com, api.example.com:8443 or *.example.com|a.yaml:5:94: error: integration.filter.config.http.allow[2]: \"a:b\" is no host; write api.example.com, api.example.com:8443 or *.example.com|a.yaml:5:101: error: integration.filter.config.http.allow[3]: \"[x]\" is no host; write api.example.com, api.example.com:8443 or *.example.com|a.yaml:5:108: error: integration.filter.config.http.allow[4]: \"\" is no host; write api.example.com, api.example.com:8443 or *.example.com|a.yaml:5:136: error: integration.filter.config.http.allowPrivateAddresses: expected true or false, found \"yes\"; write true or false, without quotes"
    ),
    (
      shortForm("  limits: { queue: 1.5, drainTimeout: [] }"),
      "a.yaml:5:20: error: integration.limits.queue: expected a whole number, found the number 1.5; write one from 1 to 10000000, without quotes|a.yaml:5:39: error: integration.limits.drainTimeout: expected a duration, found a list; write a number with a unit: 250ms, 5s, 1m30s, 1h"
    ),
  ])
  func says(text: String, expected: String) async {
    let found = await diagnostics(text).joined(separator: "|")
    #expect(found == expected)
  }

  @Test(arguments: [
    (
      shortForm("  filter: { source: ./a.ts, config: { capabilities: [HTTPCall] } }"),
      "a.yaml:5:53: warning: integration.filter.config.capabilities: HTTPCall is granted, but no host may be reached; add http: { allow: [api.example.com] }"
    ),
    (
      shortForm("  filter: { source: ./a.ts, config: { http: { allow: [a] } } }"),
      "a.yaml:5:45: warning: integration.filter.config.http: HTTPCall is not granted, so nothing may be called; add HTTPCall to capabilities"
    ),
    (
      shortForm("  customer: { path: who }").replacing("path: in", with: "endpoint: /x/:whom"),
      "a.yaml:5:13: warning: integration.customer: the endpoint of file has no part :who, so each of its messages will be refused; write an endpoint such as /orders/:who"
    ),
    (
      envelope.replacing("{ name: a }", with: "{ name: a, resourceVersion: \"7\" }"),
      "a.yaml:3:39: warning: metadata.resourceVersion: is set by the control plane and ignored here; remove it"
    ),
  ])
  func warns(text: String, expected: String) async {
    let found = await diagnostics(text)
    #expect(found == [expected])
  }

  @Test func saysWhichSourceIsMissing() async throws {
    let folder = try TemporaryFolder(["dir.ts/x": ""])
    var strict = context()
    strict.requiresSourceFiles = true
    let text = shortForm("  steps: [ { filter: { source: ./a.ts } }, { filter: { source: dir.ts } } ]")
    let error = await #expect(throws: DiagnosticsError.self) {
      try await IntegrationFile.parse(text: text, file: "\(folder.path)/a.yaml", in: strict)
    }
    #expect(
      error?.description.replacing(folder.path, with: "")
        == """
        /a.yaml:5:32: error: integration.steps[0].filter.source: the file /a.ts does not exist; write a path relative to the folder of this file
        /a.yaml:5:64: error: integration.steps[1].filter.source: the file /dir.ts is a folder; write a path relative to the folder of this file
        """
    )
  }

  @Test func stopsCountingAtTwoHundred() async {
    let text = shortForm((0..<300).map { "  wrong\($0): 1" }.joined(separator: "\n"))
    let found = await diagnostics(text)
    #expect(found.count == 201)
    #expect(found.last == "a.yaml:204:3: error: and 100 more errors")
  }

  @Test func leavesTypesAloneWhereTheHostIsUnknown() async throws {
    let text = envelopeWithForeignPlugin
    let contents = try await IntegrationFile.parse(text: text, file: "a.yaml")
    #expect(contents.integrations[0].spec.outgoing[0].connection.plugin == "example.com/ftp@~1.2")
    #expect(contents.integrations[0].spec.steps[0].logic == .function("anything"))
  }

  private var envelopeWithForeignPlugin: String {
    """
    integration:
      id: a
      incoming: { type: carrier-pigeon }
      filter: { function: anything }
      outgoing: { type: ftp, plugin: example.com/ftp@~1.2 }
    """
  }
}
