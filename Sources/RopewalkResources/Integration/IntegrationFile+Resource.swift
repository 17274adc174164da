public import RopewalkCore

extension IntegrationFile {
  /// Reads an integration from an object of a control plane.
  ///
  /// Places in error messages name the object and the field; those in inline code its lines.
  /// - Parameter folder: what `source` is relative to.
  /// - Throws: everything that is wrong with it.
  public static func read(
    _ resource: Resource,
    in context: IntegrationContext = IntegrationContext(),
    folder: String = "."
  ) async throws(DiagnosticsError) -> Contents {
    let name = "integrations/\(resource.metadata.namespace)/\(resource.metadata.name)"
    let document = YAMLNode(resource.declared, at: SourceMark(file: name, line: 1, column: 1), path: "")
    var reading = IntegrationReading(context: context)
    await reading.read([document], file: "\(folder)/\(resource.metadata.name)", findings: Findings())
    do throws(DiagnosticsError) {
      return try reading.survey.whole()
    } catch {
      throw error.withoutPlaces(in: name)
    }
  }
}

extension DiagnosticsError {
  /// The same without places in a file that is none: its fields say where.
  package func withoutPlaces(in file: String) -> DiagnosticsError {
    DiagnosticsError(
      diagnostics.map { diagnostic in
        var diagnostic = diagnostic
        if diagnostic.mark?.file == file { diagnostic.mark = nil }
        return diagnostic
      }
    )
  }
}

extension Resource {
  /// What a user would have written: no `status`, and of the envelope nothing that the control plane sets.
  fileprivate var declared: JSON {
    var envelope: JSONObject = ["name": .string(metadata.name)]
    if !metadata.namespace.isEmpty { envelope["namespace"] = .string(metadata.namespace) }
    var document: JSONObject = ["apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": .object(envelope)]
    if let spec { document["spec"] = spec }
    return .object(document)
  }
}

extension YAMLNode {
  /// A value that was not read from a text: everything in it stands at one place, but code, which has a file of its own.
  fileprivate init(_ json: JSON, at mark: SourceMark, path: String) {
    let content: Content
    switch json {
    case .null: content = .scalar(YAMLScalar(text: "null", style: .plain))
    case .bool(let value): content = .scalar(YAMLScalar(text: value ? "true" : "false", style: .plain))
    case .number(let number): content = .scalar(YAMLScalar(text: number.literal, style: .plain))
    case .string(let text):
      var scalar = YAMLScalar(text: text, style: .quoted)
      if path.hasSuffix(".inline") { scalar.contentMark = SourceMark(file: "\(mark.file)#\(path)", line: 1, column: 1) }
      content = .scalar(scalar)
    case .array(let items):
      content = .list(items.enumerated().map { YAMLNode($1, at: mark, path: "\(path)[\($0)]") })
    case .object(let object):
      content = .map(
        object.members.map { member in
          let path = path.isEmpty ? member.key : "\(path).\(member.key)"
          return YAMLMember(key: member.key, keyMark: mark, value: YAMLNode(member.value, at: mark, path: path))
        }
      )
    }
    self.init(content, at: mark)
  }
}
