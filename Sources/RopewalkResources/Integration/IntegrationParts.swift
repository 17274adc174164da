/// The connections and steps of an integration that could be read, each by itself.
struct IntegrationParts {
  var incoming: [ConnectionSpec] = []
  var outgoing: [ConnectionSpec] = []
  /// Destinations' own steps are among them.
  var steps: [StepSpec] = []
  var limits = PipelineLimits()

  var isEmpty: Bool { incoming.isEmpty && outgoing.isEmpty && steps.isEmpty }

  /// An integration of these alone, for what is wrong in them to be found; it cannot run.
  func integration(namesBesides given: Set<String>, file: String) -> Integration {
    var spec = IntegrationSpec(
      customer: .fixed("customer"),
      incoming: incoming,
      steps: steps,
      outgoing: outgoing.map { DestinationSpec(connection: $0) },
      limits: limits
    )
    spec.fillInNames(besides: given)
    return Integration(metadata: ObjectMetadata(name: "integration"), spec: spec, file: file)
  }
}
