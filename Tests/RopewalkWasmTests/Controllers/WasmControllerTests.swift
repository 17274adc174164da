import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Synchronization
import SystemPackage
import Testing

@testable import RopewalkWasm

/// Objects that a controller reaches: what it asked for, and what it is answered.
final class Objects: Sendable {
  let requests = Mutex<[JSON]>([])

  func client(_ answer: @escaping @Sendable (JSON) -> GuestClient.Answer) -> GuestClient {
    GuestClient { bytes in
      let request = (try? JSON.parse(bytes)) ?? .null
      self.requests.withLock { $0.append(request) }
      return answer(request)
    }
  }
}

@Suite(.takesTurns) struct WasmControllerTests {
  private static let nothing = GuestClient { _ in .refused(GuestClient.refusal("client.denied", "there is nothing here")) }

  private func controller(
    _ script: String,
    client: GuestClient = nothing,
    settings: JSONObject = [:],
    _ change: (inout ControllerSource) -> Void = { _ in }
  ) async throws -> (WasmController, ControllerMetadata, Workshop) {
    let workshop = try Workshop()
    let path = workshop.folder.path.appending("controller.ts")
    try path.replaceContents(Array(script.utf8))
    var source = ControllerSource(name: "items", path: path.string, settings: settings)
    change(&source)
    let (controller, metadata) = try await workshop.runtime.prepare(source, client: client)
    return (controller, metadata, workshop)
  }

  private static let metadata = """
    export const metadata = () => ({
      name: "items", version: "1.2.0", kinds: ["example.com/v1.Item"], capabilities: ["reconcile", "validation"],
    });

    """

  @Test(.enabled(if: Workshop.hasJavaScript)) func saysWhatItIsFor() async throws {
    let (_, metadata, _) = try await controller(Self.metadata)
    #expect(metadata.version == "1.2.0")
    #expect(metadata.kinds == [KindReference(apiVersion: "example.com/v1", kind: "Item")])
    #expect(metadata.capabilities == [.reconcile, .validation])
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func keepsNoInstanceOnceItIsShutDown() async throws {
    let (controller, _, workshop) = try await controller(Self.metadata)
    _ = try await controller.call(.validateCreate, [:], in: .admission)
    let live = workshop.runtime.liveInstances
    controller.shutdown()
    #expect(workshop.runtime.liveInstances < live)
    let left = workshop.runtime.liveInstances
    _ = try await controller.call(.validateCreate, [:], in: .admission)
    #expect(workshop.runtime.liveInstances == left)
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func reconcilesThroughItsClient() async throws {
    let objects = Objects()
    let client = objects.client { request in
      switch request["verb"]?.string {
      case "get": .done(JSON.object(["object": ["kind": "Item", "spec": ["size": 3]]]).serialised())
      default: .done(JSON.object(["object": request["object"] ?? .null]).serialised())
      }
    }
    let (controller, _, _) = try await controller(
      Self.metadata + """
        export function reconcile(reference: any, { client, settings }: any) {
          const item = client.get(reference);
          client.status({ ...item, status: { doubled: item.spec.size * settings.factor } });
          return { requeueAfter: "5m" };
        }
        """,
      client: client,
      settings: ["factor": 2]
    )
    let answer = try await controller.call(.reconcile, ["kind": "Item", "name": "a"], in: .reconciling(0))
    #expect(answer == ["requeueAfter": "5m"])
    let requests = objects.requests.withLock(\.self)
    #expect(requests.map { $0["verb"]?.string } == ["get", "status"])
    #expect(requests[1]["object"]?["status"]?["doubled"]?.int == 6)
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func aRefusalIsAnErrorWithACode() async throws {
    let (controller, _, _) = try await controller(
      Self.metadata + """
        export function reconcile(reference: any, { client }: any) {
          try { client.get(reference); } catch (error: any) { return { caught: error.code, said: error.message }; }
        }
        """
    )
    let answer = try await controller.call(.reconcile, ["name": "a"], in: .reconciling(0))
    #expect(answer == ["caught": "client.denied", "said": "there is nothing here"])
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func aLoopIsInterruptedAndTheNextCallWorks() async throws {
    let (controller, _, _) = try await controller(
      Self.metadata + "export function reconcile(r: any) { if (r.name === 'loop') for (;;); return { requeue: true }; }"
    ) { $0.limits.timeout = .milliseconds(300) }
    let error = await #expect(throws: RopewalkError.self) {
      try await controller.call(.reconcile, ["name": "loop"], in: .reconciling(0))
    }
    #expect(error?.code.name == "controller.timeout")
    #expect(error?.message.contains("controller 'items'") == true)
    #expect(try await controller.call(.reconcile, ["name": "a"], in: .reconciling(0)) == ["requeue": true])
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func theTimeoutOfAdmissionIsItsOwn() async throws {
    let (controller, _, _) = try await controller(Self.metadata + "export function validate_create() { for (;;); }") {
      $0.limits.admissionTimeout = .milliseconds(300)
    }
    let error = await #expect(throws: RopewalkError.self) { try await controller.call(.validateCreate, [:], in: .admission) }
    #expect(error?.code.name == "controller.timeout")
    #expect(error?.message.contains("its timeout of 300ms") == true, "\(error?.message ?? "")")
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func anErrorNamesItsPlace() async throws {
    let (controller, _, _) = try await controller(Self.metadata + "export function reconcile() {\n  throw new Error('no stock');\n}")
    let error = await #expect(throws: RopewalkError.self) { try await controller.call(.reconcile, [:], in: .reconciling(0)) }
    #expect(error?.message.contains("no stock") == true)
    #expect(error?.message.contains("controller.ts:5:") == true)
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func lanesKeepTheirOwnMemory() async throws {
    let (controller, _, _) = try await controller(
      Self.metadata + "let calls = 0; export function reconcile() { return { calls: ++calls }; }"
    )
    for expected in 1...3 {
      #expect(try await controller.call(.reconcile, [:], in: .reconciling(0)) == ["calls": .number(JSONNumber(expected))])
    }
    #expect(try await controller.call(.reconcile, [:], in: .reconciling(1)) == ["calls": 1])
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func otherSettingsMakeOtherInstances() async throws {
    let (controller, _, _) = try await controller(
      Self.metadata + """
        let strict = false;
        export function initialize(settings: any) { if (settings.strict === "bad") throw new Error("no such level"); strict = settings.strict; }
        export function reconcile() { return { strict }; }
        """,
      settings: ["strict": true]
    )
    let reconciler = WasmReconciler(controller, kinds: [:], configuration: ["strict": true], lanes: 1, isReconciling: true)
    #expect(try await controller.call(.reconcile, [:], in: .reconciling(0)) == ["strict": true])
    try await reconciler.configure(["strict": false])
    #expect(try await controller.call(.reconcile, [:], in: .reconciling(0)) == ["strict": false])
    await #expect(throws: RopewalkError.self) { try await reconciler.configure(["strict": "bad"]) }
    #expect(try await controller.call(.reconcile, [:], in: .reconciling(0)) == ["strict": false])
    #expect(await reconciler.configuration == ["strict": false])
  }

  @Test(.enabled(if: Workshop.hasJavaScript)) func reconcilesInItsNamespacesAlone() async throws {
    let (controller, _, _) = try await controller(Self.metadata + "export const reconcile = () => { throw new Error('asked'); };")
    let reconciler = WasmReconciler(
      controller,
      kinds: [.customers: KindReference(apiVersion: "ropewalk.dev/v1", kind: "Customer")],
      namespaces: ["inventory"],
      configuration: [:],
      lanes: 1,
      isReconciling: true
    )
    let key = { ResourceKey(.customers, namespace: $0, name: "a") }
    #expect(try await reconciler.reconcile(ReconcileRequest(key("other"))) == .done)
    await #expect(throws: RopewalkError.self) { try await reconciler.reconcile(ReconcileRequest(key("inventory"))) }
  }

  // MARK: Modules

  private func module(_ functions: String, imports: String = "", memory: String = "1") -> String {
    """
    (module
      \(imports)
      (memory (export "memory") \(memory))
      (data (i32.const 16) "{\\"kinds\\":[\\"example.com/v1.Item\\"]}")
      (func (export "ropewalk_abi_v1"))
      \(functions))
    """
  }

  private func prepared(_ wat: String, _ change: (inout ControllerSource) -> Void = { _ in }) async throws -> WasmController {
    let workshop = try Workshop()
    let step = try workshop.step(wat: wat)
    guard case .file(let path) = step.logic else { throw CancellationError() }
    var source = ControllerSource(name: "items", path: path)
    change(&source)
    return try await workshop.runtime.prepare(source, client: Self.nothing).controller
  }

  private static let output = #"(import "ropewalk" "output_write" (func $output_write (param i32 i32) (result i32)))"#
  private static let metadataFunction =
    #"(func (export "metadata") (param i32) (result i32) (drop (call $output_write (i32.const 16) (i32.const 33))) (i32.const 0))"#

  @Test func aModuleThatGrowsIsHeldToItsMemory() async throws {
    let grow = """
      (func (export "reconcile") (param i32) (result i32)
        (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        unreachable)
      """
    let controller = try await prepared(module(Self.metadataFunction + grow, imports: Self.output)) {
      $0.limits.initialMemory = ByteCount(4 << 16)
      $0.limits.memoryLimit = ByteCount(40 << 16)
    }
    let error = await #expect(throws: RopewalkError.self) { try await controller.call(.reconcile, ["name": "a"], in: .reconciling(0)) }
    #expect(error?.code.name == "controller.memory-limit")
    #expect(error?.message.contains("controller 'items' ran out of memory") == true, "\(error?.message ?? "")")
  }

  @Test func aModuleIsAController() async throws {
    let controller = try await prepared(
      module(
        Self.metadataFunction + #"(func (export "reconcile") (param i32) (result i32) (i32.const 0))"#,
        imports: Self.output
      )
    )
    #expect(try await controller.call(.reconcile, ["name": "a"], in: .reconciling(0)) == nil)
    // It has none, which is no error.
    #expect(try await controller.call(.setDefaults, [:], in: .admission) == nil)
  }

  @Test func aModuleWithoutMetadataIsRefused() async throws {
    let error = await #expect(throws: DiagnosticsError.self) { try await prepared(module("")) }
    #expect(error?.description.contains("does not export the function 'metadata'") == true)
  }

  @Test func memoryFromTheStartIsBounded() async throws {
    let error = await #expect(throws: DiagnosticsError.self) {
      try await prepared(module(Self.metadataFunction, imports: Self.output, memory: "17")) { $0.limits.initialMemory = .mebibytes(1) }
    }
    #expect(error?.description.contains("memory_pages") == true)
  }

  @Test func aTrapIsOneCalls() async throws {
    let controller = try await prepared(
      module(
        Self.metadataFunction + #"(func (export "reconcile") (param i32) (result i32) unreachable)"#,
        imports: Self.output
      )
    )
    let error = await #expect(throws: RopewalkError.self) { try await controller.call(.reconcile, [:], in: .reconciling(0)) }
    #expect(error?.code.name == "controller.trap")
    #expect(try await controller.call(.metadata, [:], in: .inspection) != nil)
  }

  @Test func aStepHasNoClient() async throws {
    let workshop = try Workshop()
    let step = try workshop.step(wat: GuestText.module("(i32.const 0)", imports: [.client]))
    let error = await #expect(throws: DiagnosticsError.self) { try await workshop.node(step) }
    #expect(error?.description.contains("which only controllers have") == true)
  }
}
