import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// What a user sees for each kind of bad input: exit code 65, the place, and what to do.
@Suite(.takesTurns) struct ValidateCommandTests {
  func integration(filter: String, outgoing: String = "{ type: stdio }", incoming: String = "{ type: stdio }") -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata: { name: bad }
    spec:
      customer: acme
      incoming: \(incoming)
      filter: \(filter)
      outgoing: \(outgoing)
    """
  }

  struct BadFile: CustomTestStringConvertible {
    var name: String
    var text: String
    var expected: [String]
    var testDescription: String { name }
  }

  private static func wrap(_ spec: String) -> String {
    "apiVersion: ropewalk.dev/v1\nkind: Integration\nmetadata: { name: bad }\nspec:\n  customer: acme\n" + spec
  }

  @Test(arguments: [
    BadFile(name: "broken YAML", text: "apiVersion: [", expected: ["bad.yaml:"]),
    BadFile(
      name: "unknown key",
      text: wrap("  incoming: { type: stdio }\n  outgoing: { type: stdio }\n  filtre: {}\n"),
      expected: ["bad.yaml:8:3", "filtre", "filter"]
    ),
    BadFile(
      name: "unknown connector",
      text: wrap("  incoming: { type: http-webhok }\n  outgoing: { type: stdio }\n"),
      expected: ["bad.yaml:6:", "http-webhok", "http-webhook"]
    ),
    BadFile(
      name: "unknown setting",
      text: wrap("  incoming: { type: http-webhook, config: { endpiont: /x } }\n  outgoing: { type: stdio }\n"),
      expected: ["bad.yaml:6:", "endpiont", "endpoint"]
    ),
    BadFile(
      name: "wrong type",
      text: wrap("  incoming: { type: stdio }\n  outgoing: { type: stdio }\n  limits: { queue: many }\n"),
      expected: ["bad.yaml:8:", "queue"]
    ),
    BadFile(
      name: "missing secret",
      text: wrap("  incoming: { type: stdio }\n  outgoing: { type: http, config: { url: \"${SECRET:erp_url}\" } }\n"),
      expected: ["bad.yaml:7:", "erp_url", "ROPEWALK_SECRET_ERP_URL"]
    ),
    BadFile(
      name: "TypeScript syntax",
      text: wrap(
        "  incoming: { type: stdio }\n  outgoing: { type: stdio }\n  filter:\n    type: wasm\n    inline: |\n      export function process(message) {\n        return message +;\n      }\n"
      ),
      expected: ["bad.yaml:12:25"]
    ),
    BadFile(
      name: "TypeScript in a quoted line",
      text: wrap(
        "  incoming: { type: stdio }\n  outgoing: { type: stdio }\n  filter: { inline: \"export const process = (m) => m +;\" }\n"
      ),
      expected: ["bad.yaml:8:55: error: spec.filter.inline"]
    ),
    BadFile(
      name: "TypeScript on folded lines",
      text: wrap(
        "  incoming: { type: stdio }\n  outgoing: { type: stdio }\n  filter:\n    inline: >\n      // one\n\n      export const process = (m) =>\n      m +;\n"
      ),
      expected: ["bad.yaml#spec.filter.inline:2:34: error: spec.filter.inline"]
    ),
    BadFile(
      name: "TypeScript with escapes",
      text: wrap(
        "  incoming: { type: stdio }\n  outgoing: { type: stdio }\n  filter: { inline: \"// one\\nexport const process = (m) => m +;\" }\n"
      ),
      expected: ["bad.yaml#spec.filter.inline:2:34: error: spec.filter.inline"]
    ),
    BadFile(
      name: "no process function",
      text: wrap("  incoming: { type: stdio }\n  outgoing: { type: stdio }\n  filter: { type: wasm, inline: \"export const x = 1\" }\n"),
      expected: ["bad.yaml:8:", "process"]
    ),
  ])
  func saysWhatIsWrongAndWhere(file: BadFile) async throws {
    try await Folder.with { folder in
      try folder.write("bad.yaml", file.text)
      let result = try await Ropewalk.run("validate", "bad.yaml", in: folder)
      #expect(result.exitCode == 65)
      for part in file.expected { #expect(result.errors.contains(part), "\(result.errors)") }
    }
  }

  @Test func readsTheExampleAndSaysSoAsJSON() async throws {
    try await Folder.with { folder in
      let example = Project.root.appendingPathComponent("Examples/invoice-sync/integration.yaml").path
      let result = try await Ropewalk.run("validate", example, "--output", "json", in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(try JSON.parse(result.output)["valid"] == true)
    }
  }

  /// What is wrong with the envelope hides nothing of what is wrong within connections and steps.
  @Test func saysEverythingAtOnce() async throws {
    try await Folder.with { folder in
      try folder.write(
        "bad.yaml",
        """
        apiVersion: ropewalk.dev/v1
        kind: Integration
        metadata: { name: bad }
        spec:
          customer: acme
          incoming:
            type: http-webhook
            config: { listen: 127.0.0.1:0, endpiont: /x, maxBodySize: huge }
          filtre: {}
          converter:
            type: wasm
            inline: "export function process(message) { return message +; }"
          outgoing:
            - { type: http, config: { url: "https://erp.example", tls: { caCertificate: ./nowhere.pem } } }
            - { type: http, config: { url: nonsense } }
            - { type: htpt, config: { url: nonsense } }
        """
      )
      let result = try await Ropewalk.run("validate", "bad.yaml", "--output", "json", in: folder)
      #expect(result.exitCode == 65)
      let places = result.json["diagnostics"]?.array?.map { "\($0["line"]?.int ?? 0) \($0["field"]?.string ?? "")" }
      #expect(
        places == [
          "8 spec.incoming.config.endpiont", "8 spec.incoming.config.maxBodySize", "9 spec.filtre", "12 spec.converter.inline",
          "14 spec.outgoing[0].config.tls.caCertificate", "15 spec.outgoing[1].config.url", "16 spec.outgoing[2].type",
        ],
        "\(result.output)"
      )
      // `endpoint` is there under a wrong name, and not missing besides.
      #expect(!result.errors.contains("is missing"), "\(result.errors)")
    }
  }

  /// An option that is wrong hides no other, nor does what is wrong beside the options; and none is told twice.
  @Test func saysAllThatIsWrongWithFunctions() async throws {
    try await Folder.with { folder in
      let filters = [
        #"{ pointer: total, greaterThan: "x", matches: "(" }"#, #"{ greaterThan: "x" }"#, #"{ pointer: /total, greaterThan: "x" }"#,
        #"{ header: 5, equals: 1 }"#, #"{ header: X }"#,
      ]
      try folder.write(
        "bad.yaml",
        """
        integration:
          id: bad
          incoming: { type: stdio }
          steps:
            - converter: { function: xml-to-json, config: { memoryLimit: 1Mi, settings: { namespaces: stripp, arays: [a] } } }
            - converter: { function: pick, config: { members: [/a] } }
            - filter: { function: json-schema, config: { settings: { schemaFile: nowhere.json } } }
        \(filters.map { "    - filter: { function: filter, config: { settings: \($0) } }" }.joined(separator: "\n"))
          outgoing: { type: stdio }
        """
      )
      let result = try await Ropewalk.run("validate", "bad.yaml", "--output", "json", in: folder)
      #expect(result.exitCode == 65)
      let places = result.json["diagnostics"]?.array?.map { diagnostic in
        "\(diagnostic["line"]?.int ?? 0) \(diagnostic["field"]?.string?.split(separator: ".").last ?? "")"
      }
      #expect(
        places == [
          "5 memoryLimit", "5 namespaces", "5 arays", "6 members", "7 schemaFile", "8 pointer", "8 greaterThan", "8 matches",
          "9 pointer", "9 greaterThan", "10 greaterThan", "11 header", "12 header",
        ],
        "\(result.output)"
      )
    }
  }

  @Test func twoWebhooksThatCannotBothBeOpenAreFound() async throws {
    try await Folder.with { folder in
      func webhook(_ name: String, _ config: String) throws {
        let incoming = "{ type: http-webhook, config: { \(config) } }"
        let text = integration(filter: "{ function: upper-case }", incoming: incoming)
        try folder.write("\(name).yaml", text.replacing("name: bad", with: "name: \(name)"))
      }
      try webhook("one", "listen: \"127.0.0.1:8099\", endpoint: /hooks/:customer")
      try webhook("two", "listen: \"127.0.0.1:8099\", endpoint: /hooks/:who")
      try webhook("three", "listen: \"127.0.0.1:8099\", endpoint: /three, idleTimeout: 5s")
      try webhook("four", "listen: \"127.0.0.1:8098\", endpoint: /hooks/:customer")
      for command in ["validate", "run"] {
        let result = try await Ropewalk.run(command, "one.yaml", "two.yaml", "three.yaml", "four.yaml", in: folder)
        #expect(result.exitCode == 65)
        let lines = result.errors.split(separator: "\n").filter { $0.contains("error:") }
        #expect(lines.count == 2, "\(result.errors)")
        #expect(lines.first?.contains("two.yaml:6:") == true && lines.first?.contains("takes the path /hooks/:who") == true, "\(lines)")
        #expect(lines.last?.contains("three.yaml:6:") == true && lines.last?.contains("with other settings") == true, "\(lines)")
      }
      #expect(try await Ropewalk.run("validate", "one.yaml", "four.yaml", in: folder).exitCode == 0)
    }
  }

  @Test func theStandardInputIsReadOnce() async throws {
    try await Folder.with { folder in
      try folder.write("two.yaml", integration(filter: "{ function: upper-case }", incoming: "[{ type: stdio }, { type: stdio }]"))
      for command in ["validate", "run"] {
        let result = try await Ropewalk.run(command, "two.yaml", in: folder)
        #expect(result.exitCode == 65)
        #expect(result.errors.contains("two.yaml:6:31: error: spec.incoming[1]"), "\(result.errors)")
        #expect(result.errors.contains("another connector reads the standard input already; use 'stdio' as incoming once"))
      }
    }
  }

  @Test func certificatesAreLookedAt() async throws {
    try await Folder.with { folder in
      try folder.write("text.pem", "no certificate")
      let tls = "tls: { certificate: ./nowhere.pem, key: ./text.pem }"
      let incoming = "{ type: http-webhook, config: { listen: \"127.0.0.1:0\", endpoint: /x, \(tls) } }"
      try folder.write("bad.yaml", integration(filter: "{ function: upper-case }", incoming: incoming))
      let result = try await Ropewalk.run("validate", "bad.yaml", in: folder)
      #expect(result.exitCode == 65)
      #expect(result.errors.contains("tls.certificate: './nowhere.pem' cannot be read: No such file or directory"), "\(result.errors)")
      #expect(result.errors.contains("tls.key: './text.pem' holds no private key in PEM form"), "\(result.errors)")
    }
  }

  @Test(arguments: ["validate", "run", "test"]) func aFileThatIsNotThereEndsWith66(command: String) async throws {
    try await Folder.with { folder in
      let result = try await Ropewalk.run(command, "nowhere.yaml", in: folder)
      #expect(result.exitCode == 66, "\(result.errors)")
      #expect(result.errors.contains("nowhere.yaml:1:1: error: the file does not exist"), "\(result.errors)")
    }
  }
}
