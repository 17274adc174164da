import RopewalkConnector
import RopewalkCore
import RopewalkPlugins
import Testing

@testable import RopewalkResources

/// `runtime`, `plugin`, `command`, `credentials`, `secrets`, `environment` and `sandbox` of a connection.
@Suite struct ConnectorRuntimeTests {
  private let context = IntegrationContext(
    references: ReferenceResolver(secrets: FixedSecretSource(["mail_token": Secret("t0p-secret")], place: "the test"))
  )

  private func connection(_ text: String) async throws -> ConnectionSpec {
    let file = """
      integration:
        id: orders
        incoming: { type: stdio }
        outgoing: \(text)
      """
    return try await IntegrationFile.parse(text: file, file: "conf/a.yaml", in: context).integrations[0].spec.outgoing[0].connection
  }

  private func process(_ text: String) async throws -> ConnectorProcessSpec? {
    if case .process(let spec) = try await connection(text).runtime { spec } else { nil }
  }

  private func problems(_ text: String) async -> [String] {
    do {
      _ = try await connection(text)
      return []
    } catch {
      return (error as? DiagnosticsError)?.diagnostics.map { $0.description.replacing("integration.outgoing.", with: "") } ?? []
    }
  }

  @Test func embeddedUnlessSaid() async throws {
    #expect(try await connection("{ type: file }").runtime == .embedded)
    #expect(try await connection("{ type: file, runtime: embedded }").runtime == .embedded)
    #expect(try await connection("{ type: http, plugin: github.com/ropewalk/connectors/http@^1 }").runtime == .embedded)
  }

  @Test func aBuiltInConnectorInAProcess() async throws {
    #expect(try await connection("{ type: file, runtime: process }").runtime == .process(ConnectorProcessSpec()))
  }

  @Test func aPluginIsLookedForBesideTheFile() async throws {
    #expect(try await process("{ type: mail, plugin: ./connectors/mail }")?.program == .plugin("conf/connectors/mail"))
    #expect(try await process("{ type: mail, plugin: ../mail }")?.program == .plugin("conf/../mail"))
    #expect(try await process("{ type: mail, runtime: process, plugin: /opt/mail }")?.program == .plugin("/opt/mail"))
    #expect(try await connection("{ type: mail, plugin: ./mail }").plugin == "./mail")
  }

  @Test func aCommandKeepsWhatIsNoPath() async throws {
    let spec = try await process("{ type: mail, command: [python3, -u, ./mail.py, --level, debug] }")
    #expect(spec?.program == .command(["python3", "-u", "conf/mail.py", "--level", "debug"]))
  }

  @Test func whatItIsGranted() async throws {
    let spec = try await process("{ type: mail, plugin: ./mail, secrets: [smtp_user, smtp.password], environment: { TZ: UTC } }")
    #expect(spec?.secrets == ["smtp_user", "smtp.password"])
    #expect(spec?.environment == ["TZ": "UTC"])
    #expect(spec?.sandbox == ConnectorSandboxSpec())
  }

  @Test func itsCredentialsAreFilledInAndNotShown() async throws {
    let mail = try await connection(
      #"{ type: mail, plugin: ./mail, credentials: { token: "${SECRET:mail_token}", user: "17", "": "$$" } }"#
    )
    #expect(mail.configuration.credentials == ["token": Secret("t0p-secret"), "user": Secret("17"), "": Secret("$")])
    #expect(!"\(mail)".contains("t0p-secret"))
    let script = try await connection("{ type: mail, command: [./mail], credentials: { token: abc } }")
    #expect(script.configuration.credentials == ["token": Secret("abc")])
    #expect(try await connection("{ type: mail, plugin: ./mail, credentials: }").configuration.credentials.isEmpty)
  }

  @Test func anIncomingConnectionHasCredentialsToo() async throws {
    let file = """
      integration:
        id: orders
        incoming: { type: mail, plugin: ./mail, credentials: { token: "${SECRET:mail_token}" } }
        outgoing: { type: stdio }
      """
    let spec = try await IntegrationFile.parse(text: file, file: "a.yaml", in: context).integrations[0].spec
    #expect(spec.incoming[0].configuration.credentials == ["token": Secret("t0p-secret")])
  }

  @Test func theSandbox() async throws {
    let sandbox = try await process(
      """
      { type: mail, plugin: ./mail, sandbox: { network: { allow: ["smtp.example.com:587", "[::1]:25"], listen: "0.0.0.0:25" }, read: ./certificates,
        write: [/var/spool/mail], memory: 64Mi, cpu: 0.5, processes: 8, openFiles: 128 } }
      """
    )?.sandbox
    var expected = ConnectorSandboxSpec(network: .restricted(allow: ["smtp.example.com:587", "[::1]:25"], listen: ["0.0.0.0:25"]))
    expected.readable = ["conf/certificates"]
    expected.writable = ["/var/spool/mail"]
    (expected.memory, expected.cpu, expected.processes, expected.openFiles) = (.mebibytes(64), 0.5, 8, 128)
    #expect(sandbox == expected)
    #expect(try await process("{ type: mail, plugin: ./mail, sandbox: false }")?.sandbox.isEnabled == false)
    #expect(try await process("{ type: mail, plugin: ./mail, sandbox: { network: host } }")?.sandbox.network == .host)
  }

  @Test(arguments: [
    ("{ type: file, runtime: wasm }", "runtime: \"wasm\" is not a runtime of connectors; known: embedded, process"),
    ("{ type: file, runtime: proces }", "runtime: \"proces\" is not a runtime of connectors; did you mean process?"),
    (
      "{ type: mail, runtime: embedded, plugin: ./mail }",
      "runtime: only built-in connectors run embedded; write runtime: process, or leave it out"
    ),
    ("{ type: file, secrets: [a] }", "secrets: it means nothing to a connector that runs embedded; add runtime: process, or remove it"),
    ("{ type: file, sandbox: false }", "sandbox: it means nothing to a connector that runs embedded; add runtime: process, or remove it"),
    ("{ type: file, credentials: { token: a } }", "credentials: built-in connectors take none; remove it, and write ${SECRET:…} in config"),
    (
      "{ type: file, runtime: process, credentials: { token: a } }",
      "credentials: built-in connectors take none; remove it, and write ${SECRET:…} in config"
    ),
    (
      "{ type: mail, plugin: ./mail, credentials: s3cret }",
      "credentials: expected a map, found something else; write { token: \"${SECRET:erp_token}\" }"
    ),
    (
      "{ type: mail, plugin: ./mail, credentials: { token: 4711 } }",
      "credentials.token: expected text, found something else; write it in quotes: \"${SECRET:erp_token}\""
    ),
    (
      "{ type: mail, plugin: ./mail, credentials: { token: \"${SECRET:none}\" } }",
      "credentials.token: the secret none is not there; put it in the test, under none"
    ),
    ("{ type: mail, plugin: ./mail, credential: { token: a } }", "credential: unknown key; did you mean credentials?"),
    ("{ type: mail, command: [] }", "command: the list is empty; write a list: [python3, ./connector.py]"),
    (
      "{ type: mail, command: python3 mail.py }",
      "command: expected a list, found \"python3 mail.py\"; write a list: [python3, ./connector.py]"
    ),
    ("{ type: mail, plugin: ./mail, command: [x] }", "plugin: plugin and command cannot both be here; keep one of them"),
    ("{ type: mail, plugin: ./mail, comand: [x] }", "comand: unknown key; did you mean command?"),
    (
      "{ type: mail, plugin: ./mail, secrets: [\"${SECRET:a}\"] }",
      "secrets[0]: \"${SECRET:a}\" is no name of a secret; write the name alone, such as erp_token"
    ),
    ("{ type: mail, plugin: ./mail, sandbox: { netwrok: none } }", "sandbox.netwrok: unknown key; did you mean network?"),
    ("{ type: mail, plugin: ./mail, sandbox: { network: all } }", "sandbox.network: \"all\" is not a network; known: host, none"),
    (
      "{ type: mail, plugin: ./mail, sandbox: { network: { allow: [example.com] } } }",
      "sandbox.network.allow[0]: \"example.com\" is no host with a port; write one such as api.example.com:443"
    ),
    (
      "{ type: mail, plugin: ./mail, sandbox: { memory: 1Ki } }",
      "sandbox.memory: 1Ki is less than the least, 8Mi; write a value from 8Mi to 1024Gi"
    ),
  ])
  func whatIsWrong(_ text: String, _ problem: String) async {
    let found = await problems(text)
    #expect(found.count == 1 && found.first?.hasSuffix(" error: " + problem) == true, "\(found)")
  }

  @Test func aConnectorsManifest() throws {
    let head = "apiVersion: ropewalk.dev/v1\nkind: Plugin\nmetadata: { name: mail }\nspec: "
    let binary = try PluginManifestFile.parse(
      text: head + "{ contract: connector, language: go, version: 1.2.0, artifact: ./build/mail }",
      file: "mail/ropewalk-plugin.yaml"
    )
    #expect(binary.command == ["mail/build/mail"] && binary.name == "mail" && binary.version.description == "1.2.0")
    let script = try PluginManifestFile.parse(
      text: head + "{ contract: connector, version: 1.2.0, command: [python3, ./mail.py] }",
      file: "mail/ropewalk-plugin.yaml"
    )
    #expect(script.command == ["python3", "mail/mail.py"])
    #expect {
      try PluginManifestFile.parse(text: head + "{ contract: connector, version: 1, comand: x }", file: "m.yaml")
    } throws: { error in
      (error as? DiagnosticsError)?.diagnostics.map(\.field)
        == ["spec.artifact", "spec.version", "spec.comand"]
    }
  }
}
