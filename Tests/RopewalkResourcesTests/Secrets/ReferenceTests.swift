import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import Testing

@Suite struct ReferenceTests {
  private func url(_ text: String) async throws -> JSON? {
    let file = "integration: { id: a, incoming: { type: file }, outgoing: { type: http, config: { url: \"\(text)\" } } }"
    let contents = try await IntegrationFile.parse(text: file, file: "a.yaml", in: context())
    return contents.integrations[0].spec.outgoing[0].connection.settings["url"]
  }

  @Test(arguments: [
    ("${SECRET:erp_url}", "http://erp.example/orders"), ("${ENV:REGION}.example:${ENV:REGION}", "north.example:north"),
    ("${ENV:EMPTY}", ""), ("$$", "$"), ("$${ENV:REGION}", "${ENV:REGION}"), ("a$b$", "a$b$"), ("$$$$", "$$"), ("$$${ENV:REGION}", "$north"),
    ("x${ENV:REGION}y", "xnorthy"), ("}{$", "}{$"),
  ])
  func fillsIn(text: String, expected: String) async throws {
    #expect(try await url(text) == .string(expected))
  }

  @Test(arguments: [
    ("${SECRET:nope}", "the secret nope is not there; put it in the test, under nope"),
    ("${ENV:NOPE}", "the environment variable NOPE is not set; set it"),
    ("${SECRET:../x}", "\"../x\" cannot be the name in ${SECRET:…}; use letters, digits, '-', '_' and '.'"),
    ("${SECRET:}", "\"\" cannot be the name in ${SECRET:…}; use letters, digits, '-', '_' and '.'"),
    ("${ENV:1A}", "\"1A\" cannot be the name in ${ENV:…}; use letters, digits and '_', with no digit in front"),
    ("${ENV:A-B}", "\"A-B\" cannot be the name in ${ENV:…}; use letters, digits and '_', with no digit in front"),
    ("${SECRETS:x}", "${SECRETS:x} is no reference; write ${SECRET:name} or ${ENV:NAME}, or $${ for the characters ${"),
    ("${HOME}", "${HOME} is no reference; write ${SECRET:name} or ${ENV:NAME}, or $${ for the characters ${"),
    ("${SECRET:x", "a reference that begins with ${ has no } behind it; close it, or write $${ for the characters ${"),
  ])
  func refuses(text: String, expected: String) async {
    let error = await #expect(throws: DiagnosticsError.self) { try await url(text) }
    #expect(error?.diagnostics.map(\.description) == ["a.yaml:1:88: error: integration.outgoing.config.url: \(expected)"])
  }

  @Test func readsFilledInTextAsDurationsAndNumbers() async throws {
    let file = shortForm(
      "  filter: { source: a.ts, config: { timeout: \"${ENV:T}\", cpuWeight: \"${ENV:W}\", memoryLimit: \"${ENV:W}Mi\", settings: { w: \"${ENV:W}\" } } }"
    )
    var context = context()
    context.references.environment = { ["T": "750ms", "W": "12"][$0] }
    let step = try await IntegrationFile.parse(text: file, file: "a.yaml", in: context).integrations[0].spec.steps[0]
    #expect(step.limits.timeout == .milliseconds(750))
    #expect(step.limits.cpuWeight == 12)
    #expect(step.limits.memoryLimit == .mebibytes(12))
    #expect(step.settings == ["w": "12"])
  }

  @Test func neverShowsWhatAReferenceStandsFor() async {
    let config =
      "{ timeout: \"${SECRET:s}\", memoryLimit: \"${SECRET:s}\", cpuWeight: \"${SECRET:s}\", capabilities: [\"${SECRET:s}\"], http: { allow: [\"${SECRET:s}\"], allowPrivateAddresses: \"${SECRET:s}\" } }"
    for value in ["hunter2://x y", "99999", "5h 5", "999999999Gi", "hunter2 hunter2"] {
      var context = context()
      context.references.secrets = FixedSecretSource(["s": Secret(value)], place: "")
      let found = await diagnostics(shortForm("  filter: { source: a.ts, config: \(config) }"), context)
      #expect(found.count >= 3)
      #expect(found.allSatisfy { !$0.contains(value) && !$0.contains("hunter2") }, "\(found)")
    }
  }

  @Test func leavesInlineCodeAlone() async throws {
    let text = shortForm("  filter:", "    inline: |", "      export const process = m => `$${ENV:X} ${SECRET:nope}`")
    let step = try await IntegrationFile.parse(text: text, file: "a.yaml", in: context()).integrations[0].spec.steps[0]
    #expect(
      step.logic == .inline("export const process = m => `$${ENV:X} ${SECRET:nope}`\n", at: SourceMark(file: "a.yaml", line: 7, column: 7))
    )
  }

  @Test func checksAFileWithoutItsSecrets() async throws {
    let text = """
      integration:
        id: a
        incoming: { type: file }
        filter: { source: a.ts, config: { timeout: "${ENV:NOPE}", settings: { key: "${SECRET:nope}" } } }
        outgoing: { type: http, config: { url: "${SECRET:nope}/x", auth: { token: "${SECRET:token}" } } }
      """
    let contents = try await IntegrationFile.parse(text: text, file: "a.yaml", in: context(missing: .leave))
    #expect(
      contents.warnings.map(\.description) == [
        "a.yaml:4:46: warning: integration.filter.config.timeout: the environment variable NOPE is not set; set it before running",
        "a.yaml:4:78: warning: integration.filter.config.settings.key: the secret nope is not there; put it in the test, under nope before running",
        "a.yaml:5:42: warning: integration.outgoing.config.url: the secret nope is not there; put it in the test, under nope before running",
      ]
    )
    let spec = contents.integrations[0].spec
    #expect(spec.outgoing[0].connection.settings["url"] == "${SECRET:nope}/x")
    #expect(spec.outgoing[0].connection.places.unresolved == [["url"]])
    #expect(spec.steps[0].places.unresolved == [["config", "timeout"], ["config", "settings", "key"]])
    #expect(spec.steps[0].limits.timeout == .seconds(5))
    #expect(contents.secrets.keys.sorted() == ["token"])
  }

  @Test func aSourceThatFailsIsNotAnAbsentSecret() async throws {
    var context = context(missing: .leave)
    context.references.secrets = DirectorySecretSource(folder: "/nowhere/at/all")
    let found = await diagnostics(shortForm("  filter: { source: a.ts, config: { settings: { k: \"${SECRET:k}\" } } }"), context)
    #expect(
      found == [
        "a.yaml:5:52: error: integration.filter.config.settings.k: ${SECRET:k} could not be looked up: the folder of secrets /nowhere/at/all does not exist"
      ]
    )
  }
}
