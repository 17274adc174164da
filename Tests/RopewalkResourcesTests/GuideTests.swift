import Foundation
import RopewalkCore
import RopewalkResources
import Testing

/// Every YAML example of the guide is read as users would have it read.
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

  @Test func readsTheTestsOfTheGuide() throws {
    let folder = try TemporaryFolder(["integration.yaml": "", "invoice.xml": "<Invoice/>"])
    let examples = try examples(in: "testing.md")
    #expect(examples.count == 1)
    for example in examples {
      #expect(try IntegrationTestFile.parse(text: example, file: "\(folder.path)/t.yaml").tests[0].cases.count == 5)
    }
  }
}
