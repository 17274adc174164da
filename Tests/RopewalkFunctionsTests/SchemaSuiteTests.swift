import RopewalkCore
import RopewalkFunctions
import RopewalkTesting
import Testing

/// The official JSON Schema test suite.
@Suite(.takesTurns, .enabled(if: SharedData.isPresent, "the JSON Schema test suite is not beside the package"))
struct SchemaSuiteTests {
  struct Part: Sendable, CustomTestStringConvertible {
    var name: String
    var draft: SchemaDraft
    var folder: String
    /// Known failures, by file and description, with the reason.
    var exceptions: [String: String] = [:]

    var testDescription: String { name }
  }

  static let parts = [
    Part(name: "draft 7, mandatory", draft: .draft7, folder: "draft7"),
    Part(
      name: "draft 7, optional",
      draft: .draft7,
      folder: "draft7/optional",
      exceptions: [
        "cross-draft: missing bar is invalid": "refers to a document in draft 2019-09, which is not supported",
        "cross-draft: present bar is valid": "refers to a document in draft 2019-09, which is not supported",
      ]
    ),
    Part(name: "draft 7, formats", draft: .draft7, folder: "draft7/optional/format"),
    Part(name: "draft 2020-12, mandatory", draft: .draft2020_12, folder: "draft2020-12"),
    Part(
      name: "draft 2020-12, optional",
      draft: .draft2020_12,
      folder: "draft2020-12/optional",
      exceptions: [
        "cross-draft: first item not a string is valid": "refers to a document in draft 2019-09, which is not supported"
      ]
    ),
    Part(name: "draft 2020-12, formats", draft: .draft2020_12, folder: "draft2020-12/optional/format"),
  ]

  struct Outcome: Sendable {
    var total = 0
    var failures: [String] = []
    var passed: Int { total - failures.count }
  }

  @Test(arguments: parts) func passes(part: Part) throws {
    let outcome = try Self.run(part)
    print("JSON Schema suite: \(part.name): \(outcome.passed) of \(outcome.total)")
    #expect(outcome.total > 0)
    #expect(Set(outcome.failures) == Set(part.exceptions.keys))
    let table = try #require(SharedData.packageFile("docs/json-schema.md"))
    let row = "| \(part.name) | \(outcome.passed) | \(outcome.total) |"
    #expect(table.contains(row), "docs/json-schema.md must say \(row)")
  }

  private static func run(_ part: Part) throws -> Outcome {
    var outcome = Outcome()
    for file in SharedData.files(in: part.folder.prefixed, withSuffix: ".json") {
      let name = String(file.split(separator: "/").last?.dropLast(5) ?? "")
      for group in try JSON.parse(try #require(SharedData.bytes(file))).array ?? [] {
        let validator = Result { try SchemaValidator(schema: try #require(group["schema"]), options: options(part, name)) }
        for test in group["tests"]?.array ?? [] {
          outcome.total += 1
          let isValid = try? validator.get().validate(try #require(test["data"])).isEmpty
          if isValid != test["valid"]?.bool { outcome.failures.append("\(name): \(test["description"]?.string ?? "")") }
        }
      }
    }
    return outcome
  }

  private static func options(_ part: Part, _ file: String) -> SchemaOptions {
    var options = SchemaOptions()
    options.defaultDraft = part.draft
    options.assertsFormat = part.folder.hasSuffix("format")
    options.assertsContent = part.draft == .draft7 && file == "content"
    options.documents = { uri in
      guard uri.hasPrefix("http://localhost:1234/") else { return nil }
      return SharedData.bytes("json-schema/remotes/" + uri.dropFirst(22)).flatMap { try? JSON.parse($0) }
    }
    return options
  }
}

extension String {
  fileprivate var prefixed: String { "json-schema/" + self }
}
