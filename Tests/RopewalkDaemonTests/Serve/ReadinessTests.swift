import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

@Suite struct ReadinessTests {
  private struct Resting: Reconciler {
    var name: String
    let kinds: [ResourceCollection] = []
    let configuration = JSONObject()

    func reconcile(_ request: ReconcileRequest) async throws -> ReconcileResult { .done }
    func configure(_ configuration: JSONObject) async throws {}
    func start() async throws {}
    func stop() async {}
    func metrics() async -> [String: Double] { [:] }
    func health() async -> ReconcilerHealth { .unhealthy(reason: "it rests") }
  }

  @Test(arguments: [
    ("mine", nil), ("integrations", "the controller integrations: it rests"), ("controllers", "the controller controllers: it rests"),
  ])
  func onlyRopewalksOwnControllersCount(_ name: String, _ problem: String?) async throws {
    let manager = ControllerManager(client: try await ResourceRegistry.open(MemoryResourceStore()), logger: Logger(label: "test"))
    try await manager.register(Resting(name: name))
    #expect(ServeHost.problem(in: await manager.reports()) == problem)
  }
}
