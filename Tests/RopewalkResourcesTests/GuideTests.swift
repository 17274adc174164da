import Foundation
import RopewalkCore
import RopewalkResources
import Testing

/// The YAML examples of the guide are read as users would have them read.
@Suite struct GuideTests {
  private func examples(in page: String) throws -> [String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/guide/\(page)"), encoding: .utf8)
    return text.components(separatedBy: "```yaml\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
  }

  @Test func readsTheIntegrationsOfTheGuide() async throws {
    var context = IntegrationContext(requiresSourceFiles: false)
    context.references.missing = .leave
    let examples = try examples(in: "integration-file.md")
    #expect(examples.count == 4)
    for example in examples {
      let contents = try await IntegrationFile.parse(text: example, file: "a.yaml", in: context)
      #expect(contents.integrations.count == 1)
      #expect(contents.warnings.allSatisfy { $0.message.hasSuffix("is not there") || $0.message.hasSuffix("is not set") })
    }
  }

  /// Whole integrations, and what of one stands at the top of an example: connections and steps.
  @Test(arguments: [
    ("../../README.md", 1), ("connector-processes.md", 1), ("connector-sandbox.md", 1), ("connectors.md", 6), ("delivery.md", 1),
    ("first-integration.md", 1), ("functions.md", 1), ("limits-and-sandbox.md", 1), ("writing-logic.md", 2),
  ])
  func readsWhatOtherPagesShowOfIntegrations(page: String, count: Int) async throws {
    var context = IntegrationContext(requiresSourceFiles: false)
    context.references.missing = .leave
    let whole = try examples(in: page).compactMap(integration)
    #expect(whole.count == count)
    for text in whole {
      let contents = try await IntegrationFile.parse(text: text, file: "a.yaml", in: context)
      #expect(contents.integrations.count == 1, "\(text)")
    }
  }

  /// The example with what it leaves out; nil where it shows something else.
  private func integration(from example: String) -> String? {
    if example.contains("\nkind: Integration\n") { return example }
    let ends = ["incoming", "outgoing"]
    guard (ends + ["steps"]).contains(where: { example.hasPrefix("\($0):\n") }) else { return nil }
    let others = ends.filter { !example.hasPrefix("\($0):") }.map { "\($0): { type: stdio }" }
    let lines = ["id: example"] + others + example.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return (["integration:"] + lines.map { "  \($0)" }).joined(separator: "\n") + "\n"
  }

  @Test func readsTheTestsOfTheGuide() throws {
    let folder = try TemporaryFolder(["integration.yaml": "", "invoice.xml": "<Invoice/>"])
    let examples = try examples(in: "testing.md")
    #expect(examples.count == 1)
    for example in examples {
      #expect(try IntegrationTestFile.parse(text: example, file: "\(folder.path)/t.yaml").tests[0].cases.count == 5)
    }
  }
}
