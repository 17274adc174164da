import RopewalkCore

/// What the references of one file stand for, looked up before the file is read.
struct ReferenceTable {
  private enum Answer {
    case value(String)
    /// With the place where it would be looked for; nil for the environment.
    case absent(place: String?)
    case failed(reason: String)
  }

  /// The secrets that were found, by name.
  private(set) var secrets: [String: Secret] = [:]
  private var answers: [ReferenceText.Reference: Answer] = [:]
  private let missing: ReferenceResolver.Missing

  /// Looks up every reference in the documents once, those too that turn out not to count.
  init(for documents: [YAMLNode], from resolver: ReferenceResolver) async {
    missing = resolver.missing
    var references: Set<ReferenceText.Reference> = []
    for document in documents { Self.collect(document, into: &references) }
    for reference in references {
      answers[reference] = await Self.answer(reference, from: resolver)
      if reference.source == .secret, case .value(let value) = answers[reference] { secrets[reference.name] = Secret(value) }
    }
  }

  private static func collect(_ node: YAMLNode, into references: inout Set<ReferenceText.Reference>) {
    switch node.content {
    case .scalar(let scalar):
      guard ReferenceText.isNeeded(for: scalar.text), let text = try? ReferenceText(parsing: scalar.text) else { return }
      references.formUnion(text.references)
    case .list(let items): for item in items { collect(item, into: &references) }
    case .map(let members): for member in members { collect(member.value, into: &references) }
    case .broken: return
    }
  }

  private static func answer(_ reference: ReferenceText.Reference, from resolver: ReferenceResolver) async -> Answer {
    switch reference.source {
    case .environment:
      return resolver.environment(reference.name).map { .value($0) } ?? .absent(place: resolver.placeOfVariables)
    case .secret:
      do {
        let secret = try await resolver.secrets.secret(named: reference.name)
        return secret.map { .value($0.reveal()) } ?? .absent(place: resolver.secrets.place(ofSecretNamed: reference.name))
      } catch {
        return .failed(reason: (error as? RopewalkError)?.message ?? "\(error)")
      }
    }
  }

  /// The field with every reference in its strings filled in; what could not be is reported.
  func filled(_ field: YAMLField) -> YAMLField {
    YAMLField(node: filled(field.node, at: field.path, field.findings), path: field.path, findings: field.findings)
  }

  private func filled(_ node: YAMLNode, at path: String, _ findings: Findings) -> YAMLNode {
    switch node.content {
    case .scalar(let scalar):
      guard ReferenceText.isNeeded(for: scalar.text) else { return node }
      return filled(scalar, YAMLField(node: node, path: path, findings: findings))
    case .list(let items):
      return YAMLNode(.list(items.enumerated().map { filled($1, at: "\(path)[\($0)]", findings) }), at: node.mark)
    case .map(let members):
      let members = members.map { YAMLMember(key: $0.key, keyMark: $0.keyMark, value: filled($0.value, at: "\(path).\($0.key)", findings)) }
      return YAMLNode(.map(members), at: node.mark)
    case .broken: return node
    }
  }

  private func filled(_ scalar: YAMLScalar, _ field: YAMLField) -> YAMLNode {
    let text: ReferenceText
    do throws(ReferenceText.Problem) {
      text = try ReferenceText(parsing: scalar.text)
    } catch {
      field.error(error.message, remedy: error.remedy)
      return YAMLNode(.broken, at: field.mark)
    }
    var result = YAMLScalar(text: "", style: .quoted, written: scalar.text)
    for piece in text.pieces {
      switch piece {
      case .text(let literal): result.text += literal
      case .reference(let reference):
        switch answers[reference] {
        case .value(let value): result.text += value
        case .failed(let reason):
          field.findings.absence(at: field.mark, field: field.path, "\(reference.text) could not be looked up: \(reason)")
          result.isUnresolved = true
        case .absent(let place):
          report(reference, missingAt: place, in: field)
          result.isUnresolved = true
        case nil: result.isUnresolved = true
        }
      }
    }
    if result.isUnresolved { result.text = scalar.text }
    return YAMLNode(.scalar(result), at: field.mark)
  }

  private func report(_ reference: ReferenceText.Reference, missingAt place: String?, in field: YAMLField) {
    let isSecret = reference.source == .secret
    let what = isSecret ? "the secret \(reference.name) is not there" : "the environment variable \(reference.name) is not set"
    let remedy = place.map { "put it in \($0)" } ?? "set it"
    switch missing {
    case .refuse: field.findings.absence(at: field.mark, field: field.path, what, remedy: remedy)
    case .leave: field.warning(what, remedy: "\(remedy) before running")
    }
  }
}
