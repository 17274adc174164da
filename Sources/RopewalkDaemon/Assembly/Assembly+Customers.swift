import RopewalkCore
import RopewalkPipeline
import RopewalkResources

extension Assembly {
  /// Makes an integration with what customers have of their own. One whose own cannot be made harms no other: its messages
  /// are refused.
  /// - Parameter onProblem: told of each such customer.
  /// - Throws: `DiagnosticsError` with everything that is wrong for everyone.
  func plan(_ declared: DeclaredIntegration, onProblem: (_ customer: String, _ problem: String) async -> Void) async throws -> Plan {
    var plan = try await plan(declared.integration)
    for (id, customer) in declared.customers {
      guard let problem = await add(customer, id, to: &plan, declared.integration.spec) else { continue }
      plan.customers[id]?.refusal = "customer '\(id)' cannot be served for now"
      for step in plan.allSteps { await step.own[id]?.shutdown() }
      plan.replaceSteps(of: id) { step in PlannedStep(name: step.name, kind: step.kind, node: BrokenStep(reason: problem)) }
      await onProblem(id, problem)
    }
    return plan
  }

  /// Returns why it cannot be.
  private func add(_ customer: DeclaredCustomer, _ id: String, to plan: inout Plan, _ common: IntegrationSpec) async -> String? {
    plan.customers[id] = customer.terms
    if let problem = customer.problem { return problem }
    guard let own = customer.integration else { return nil }
    var problems: [Diagnostic] = []
    await replace(&plan.steps, common.steps, own.spec.steps, of: own, for: id, &problems)
    for place in plan.destinations.indices {
      let (old, new) = (common.outgoing[place].steps, own.spec.outgoing[place].steps)
      await replace(&plan.destinations[place].steps, old, new, of: own, for: id, &problems)
    }
    return problems.isEmpty ? nil : DiagnosticsError(problems).description
  }

  private func replace(
    _ steps: inout [PlannedStep],
    _ common: [StepSpec],
    _ own: [StepSpec],
    of integration: Integration,
    for customer: String,
    _ problems: inout [Diagnostic]
  ) async {
    for place in steps.indices where !own[place].isSame(as: common[place]) {
      if let step = await plan([own[place]], of: integration, &problems).first { steps[place].own[customer] = step }
    }
  }
}

extension Plan {
  fileprivate mutating func replaceSteps(of customer: String, with make: (PlannedStep) -> PlannedStep) {
    for place in steps.indices { steps[place].own[customer] = make(steps[place]) }
    for destination in destinations.indices {
      for place in destinations[destination].steps.indices {
        destinations[destination].steps[place].own[customer] = make(destinations[destination].steps[place])
      }
    }
  }
}

extension StepSpec {
  fileprivate func isSame(as other: StepSpec) -> Bool {
    logic == other.logic && limits == other.limits && settings == other.settings && capabilities == other.capabilities
      && http == other.http
  }
}
