public import RopewalkCore

extension IntegrationTest {
  /// What the cases say of connections and steps that the integration does not have, in the order of the file.
  public func problems(with integration: Integration) -> [Diagnostic] {
    let sources = integration.spec.incoming.map(\.name)
    let destinations = integration.spec.outgoing.map(\.connection.name)
    let steps = integration.spec.steps.map(\.name) + integration.spec.outgoing.flatMap { $0.steps.map(\.name) }
    var problems: [Diagnostic] = []
    func check(_ name: String?, _ mark: SourceMark?, _ what: String, among known: [String]) {
      guard let name, !known.contains(name) else { return }
      let near = nearestWord(to: name, among: known).map { "did you mean \($0)?" } ?? "it has \(known.joined(separator: ", "))"
      problems.append(Diagnostic(at: mark, "the integration \(integration.metadata.name) has no \(what) \(name)", remedy: near))
    }
    for testCase in cases {
      check(testCase.input.source, testCase.input.sourceMark, "incoming connection", among: sources)
      for mock in testCase.mocks.destinations { check(mock.destination, mock.mark, "destination", among: destinations) }
      for expected in testCase.expect.destinations { check(expected.destination, expected.mark, "destination", among: destinations) }
      for error in [testCase.expect.error].compactMap(\.self) + testCase.expect.destinations.compactMap(\.error) {
        check(error.stage, error.stageMark, "step or destination", among: steps + destinations)
      }
    }
    return problems.sorted { ($0.mark?.line ?? 0, $0.mark?.column ?? 0) < ($1.mark?.line ?? 0, $1.mark?.column ?? 0) }
  }
}
