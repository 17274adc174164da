import RopewalkConnector
import RopewalkConnectors
package import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
package import RopewalkResources
import Synchronization

/// Runs an integration's unit tests: its real steps, between a played source and played destinations, on a clock that
/// does not wait. No socket is opened.
package struct IntegrationTestRunner: Sendable {
  package struct CaseResult: Sendable {
    package var name: String
    package var mark: SourceMark
    /// What differs from what was expected; empty when the case passed.
    package var differences: [Diagnostic]
    /// How long the case took by a real clock.
    package var duration: Duration
  }

  private let workspace: Workspace

  package init(_ workspace: Workspace) {
    self.workspace = workspace
  }

  /// Runs every case of one test, in order, handing each result on as it comes.
  /// - Throws: `DiagnosticsError` when the integration itself is wrong, or the test speaks of what it does not have.
  package func run(_ test: IntegrationTest, onResult: (CaseResult) -> Void) async throws {
    let integration = try await integration(of: test)
    let problems = test.problems(with: integration)
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
    let further = try await Assembly.problems(of: [integration], in: workspace)
    guard further.isEmpty else { throw DiagnosticsError(further) }

    let outbound = PlayedHTTP()
    let assembly = try Assembly(workspace, outbound: outbound.outboundHTTP.guarded)
    for testCase in test.cases {
      outbound.play(testCase.mocks.http)
      let start = ContinuousClock.now
      let observation = try await observe(testCase, of: integration, in: assembly)
      let differences = Judgement(testCase, of: integration).differences(from: observation)
      onResult(CaseResult(name: testCase.name, mark: testCase.mark, differences: differences, duration: start.duration(to: .now)))
    }
    assembly.shutdown()
  }

  private func integration(of test: IntegrationTest) async throws -> Integration {
    var context = workspace.context()
    context.references = test.references
    workspace.redaction.hide(test.secrets.values)
    let integrations = try await IntegrationFile.read(path: test.integrationFile, in: context).integrations
    if let name = test.integrationName, let named = integrations.first(where: { $0.metadata.name == name }) { return named }
    guard test.integrationName == nil, integrations.count == 1 else {
      throw DiagnosticsError([
        Diagnostic(
          at: test.integrationMark,
          field: "spec.integration",
          "\(test.integrationFile) declares \(integrations.map(\.metadata.name).joined(separator: ", "))",
          remedy: "say which one is meant with spec.name"
        )
      ])
    }
    return integrations[0]
  }

  /// Sends the case's message through and notes what becomes of it.
  private func observe(_ testCase: IntegrationTestCase, of integration: Integration, in assembly: Assembly) async throws -> Observation {
    let clock = VirtualClock(autoAdvances: true)
    let source = PlayedSource(testCase.input, rule: integration.spec.customer, clock: clock)
    let integration = Self.withoutJitter(integration)
    let plan = try await assembly.plan(integration) { spec, role in
      switch role {
      case .incoming where spec.name == testCase.input.source ?? integration.spec.incoming[0].name: source
      case .incoming: SilentSource()
      case .outgoing: PlayedDestination(testCase.mocks.destinations.first { $0.destination == spec.name }?.answers ?? [.accept])
      }
    }
    let settled = Mutex<[Observation.End]>([])
    var limits = RunLimits()
    limits.stepRetryPolicy.jitter = 0
    limits.replayInterval = nil
    let run = IntegrationRun(
      plan: plan,
      journal: MemoryJournal(),
      clock: clock,
      seed: 0,
      limits: limits,
      endsWhenSourcesEnd: true,
      logger: workspace.logger,
      onSettled: { message in
        settled.withLock { $0.append(Observation.End(settled: message, at: clock.now.offset)) }
      }
    )
    try await run.run()
    return Observation(acceptance: source.acceptance, ends: settled.withLock(\.self))
  }

  /// Waits are exact in a test.
  private static func withoutJitter(_ integration: Integration) -> Integration {
    var integration = integration
    for index in integration.spec.outgoing.indices { integration.spec.outgoing[index].connection.retryPolicy.jitter = 0 }
    return integration
  }
}

/// What became of one case's message.
struct Observation: Sendable {
  struct End: Sendable {
    var settled: SettledMessage
    /// Since the message was put in, by the virtual clock.
    var at: Duration
  }

  var acceptance: Acceptance?
  var ends: [End]
}
