public import RopewalkCore

/// Reads integration files: YAML, or JSON as a part of it; one or several integrations in a file, divided by `---`.
public enum IntegrationFile {
  /// The largest file that is read.
  public static let maxSize = ByteCount.mebibytes(1)

  /// What files declare.
  public struct Contents: Sendable {
    public var integrations: [Integration] = []
    public var warnings: [Diagnostic] = []
    /// Every secret that was filled in, by name: for a ``SecretRedactor``, and to see what is in use.
    public var secrets: [String: Secret] = [:]
  }

  /// What could be read of files, whatever is wrong with them.
  public struct Survey {
    /// The integrations that could be read whole.
    public var contents: Contents
    /// Of each integration that could not, the connections and steps that could. They are there to be looked at, not to run.
    public var fragments: [Integration]
    /// Everything that is wrong or doubtful, in the order of the files.
    public var diagnostics: [Diagnostic]
  }

  /// Reads several files as far as it can; no two integrations of a namespace may have the same name.
  public static func survey(paths: [String], in context: IntegrationContext = IntegrationContext()) async -> Survey {
    var reading = IntegrationReading(context: context)
    for path in paths {
      guard let text = reading.text(ofFile: path) else { continue }
      await reading.read(text, file: path)
    }
    return reading.survey
  }

  /// Reads several files; no two integrations of a namespace may have the same name.
  /// - Throws: everything that is wrong in all of the files, warnings included, in the order of the files.
  public static func read(paths: [String], in context: IntegrationContext = IntegrationContext()) async throws(DiagnosticsError) -> Contents
  {
    try await survey(paths: paths, in: context).whole()
  }

  /// Reads one file. Sources of steps are looked for beside it.
  public static func read(path: String, in context: IntegrationContext = IntegrationContext()) async throws(DiagnosticsError) -> Contents {
    try await read(paths: [path], in: context)
  }

  /// Reads the text of a file.
  /// - Parameter file: its path, for places in error messages and as what `source` is relative to; it need not exist.
  public static func parse(
    text: String,
    file: String,
    in context: IntegrationContext = IntegrationContext()
  ) async throws(DiagnosticsError) -> Contents {
    var reading = IntegrationReading(context: context)
    await reading.read(text, file: file)
    return try reading.survey.whole()
  }
}

extension IntegrationFile.Survey {
  /// The integrations, if nothing is wrong.
  /// - Throws: everything that is wrong, warnings included.
  public func whole() throws(DiagnosticsError) -> IntegrationFile.Contents {
    guard diagnostics.allSatisfy({ $0.severity == .warning }) else { throw DiagnosticsError(diagnostics) }
    return contents
  }
}

/// The integrations of several files on their way in.
struct IntegrationReading {
  let context: IntegrationContext
  private var result = IntegrationFile.Contents()
  private var fragments: [Integration] = []
  private var diagnostics: [Diagnostic] = []
  /// Where each name, with its namespace, was first used.
  private var names: [String: SourceMark] = [:]

  init(context: IntegrationContext) {
    self.context = context
  }

  mutating func text(ofFile path: String) -> String? {
    let findings = Findings()
    defer { diagnostics += findings.sorted }
    return TextFile.read(path, limit: IntegrationFile.maxSize, findings: findings)
  }

  mutating func read(_ text: String, file: String) async {
    let findings = Findings()
    let documents = TextFile.documents(in: text, file: file, limit: IntegrationFile.maxSize, example: "an integration", findings: findings)
    await read(documents, file: file, findings: findings)
  }

  mutating func read(_ documents: [YAMLNode], file: String, findings: Findings) async {
    let references = await ReferenceTable(for: documents, from: context.references)
    for document in documents {
      var reader = IntegrationReader(context: context, references: references, file: file)
      if let (integration, nameField) = reader.read(YAMLField(node: document, path: "", findings: findings)) {
        register(integration, namedAt: nameField)
      } else if !reader.parts.isEmpty {
        fragments.append(reader.parts.integration(namesBesides: Set(reader.givenNames.keys), file: file))
      }
    }
    result.secrets.merge(references.secrets) { first, _ in first }
    diagnostics += findings.sorted
  }

  private mutating func register(_ integration: Integration, namedAt field: YAMLField) {
    let name = "\(integration.metadata.namespace)/\(integration.metadata.name)"
    if let first = names[name] {
      field.error("an integration of the name \(integration.metadata.name) is already declared at \(first)", remedy: "give it another name")
    } else {
      names[name] = field.mark
      result.integrations.append(integration)
    }
  }

  var survey: IntegrationFile.Survey {
    var contents = result
    contents.warnings = diagnostics.filter { $0.severity == .warning }
    return IntegrationFile.Survey(contents: contents, fragments: fragments, diagnostics: diagnostics)
  }
}
