import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import RopewalkWasm
import Synchronization

/// Makes of a manifest what runs: the reconciler, and its say in writes.
struct ControllerLoader: Sendable {
  /// A controller that was made and not yet registered.
  struct Loaded: Sendable {
    var reconciler: WasmReconciler
    var options: ControllerOptions
    /// Nil where it has neither defaulting nor validation.
    var admission: AdmissionStep?
    var version: String
    var kinds: [KindReference]
  }

  let runtime: @Sendable () throws -> WasmRuntime
  let client: any ResourceClient
  let authorize: GrantedClient.Authorize?
  let onRefusal: @Sendable (GrantedClient.Refusal) -> Void
  let logger: Logger

  /// - Throws: ``DiagnosticsError`` or ``RopewalkError`` with everything that keeps it from running.
  func load(_ manifest: ControllerManifest, onBreaker: @escaping @Sendable (String?) -> Void) async throws -> Loaded {
    let granted = LateClient()
    let (controller, metadata) = try await runtime().prepare(source(of: manifest), client: granted.guestClient)
    do {
      let kinds = manifest.kinds ?? metadata.kinds
      let capabilities = manifest.capabilities ?? metadata.capabilities
      let collections = try collections(of: kinds, of: manifest)
      let grants = manifest.grants ?? .ownKinds(Array(collections.keys))
      granted.set(
        GrantedClient(
          client,
          settings: GrantedClient.Settings(controller: manifest.name, grants: grants, capabilities: capabilities),
          authorize: authorize,
          onRefusal: onRefusal
        )
      )
      var options = ControllerOptions()
      options.maxConcurrentReconciles = manifest.limits.maxConcurrentReconciles
      let reconciler = WasmReconciler(
        controller,
        kinds: collections,
        namespaces: grants.namespaces,
        configuration: manifest.settings,
        lanes: manifest.limits.maxConcurrentReconciles,
        isReconciling: capabilities.contains(.reconcile),
        onBreaker: onBreaker
      )
      let scope = AdmissionScope(own: kinds, capabilities: capabilities, grants: grants)
      let admission = ControllerAdmission(controller: controller, capabilities: capabilities, manifest: manifest, scope: scope)
      return Loaded(
        reconciler: reconciler,
        options: options,
        admission: admission.step,
        version: manifest.version.isEmpty ? metadata.version : manifest.version,
        kinds: kinds
      )
    } catch {
      controller.shutdown()
      throw error
    }
  }

  private func source(of manifest: ControllerManifest) -> ControllerSource {
    var limits = ControllerLimits()
    limits.timeout = manifest.limits.timeout
    limits.admissionTimeout = manifest.limits.admissionTimeout
    limits.initialMemory = ByteCount(manifest.limits.memoryPages << 16)
    limits.memoryLimit = ByteCount(manifest.limits.maxMemoryPages << 16)
    return ControllerSource(
      name: manifest.name,
      path: manifest.path,
      settings: manifest.settings,
      limits: limits,
      capabilities: manifest.http.allowedHosts.isEmpty ? [.log, .transform, .validate] : [.log, .transform, .validate, .httpCall],
      http: manifest.http,
      mark: manifest.mark
    )
  }

  private func collections(of kinds: [KindReference], of manifest: ControllerManifest) throws -> [ResourceCollection: KindReference] {
    var collections: [ResourceCollection: KindReference] = [:]
    for kind in kinds {
      guard let type = client.type(apiVersion: kind.apiVersion, kind: kind.kind) else {
        throw RopewalkError(
          .controllerKindUnknown,
          "the controller '\(manifest.name)' is for \(kind), and there is no such kind; apply its CustomResourceDefinition",
          place: manifest.mark
        )
      }
      collections[type.collection] = kind
    }
    return collections
  }
}

extension ErrorCode {
  /// A controller is for a kind that nobody has defined yet.
  static let controllerKindUnknown = ErrorCode("controller.kindUnknown", .unavailable)
}

/// The client of a controller whose grants are not known before it has said what it is for.
private final class LateClient: Sendable {
  private let granted = Mutex<GrantedClient?>(nil)

  func set(_ client: GrantedClient) { granted.withLock { $0 = client } }

  var guestClient: GuestClient {
    GuestClient { request in
      guard let client = self.granted.withLock(\.self) else {
        return .refused(GuestClient.refusal("client.denied", "the controller has not said yet what it is for"))
      }
      do {
        return .done(try await client.answer(try JSON.parse(request), size: request.count).serialised())
      } catch let error as RopewalkError {
        return .refused(GuestClient.refusal(error.code.name, error.message))
      } catch let error as JSONSyntaxError {
        return .refused(GuestClient.refusal("client.invalid", "the request is \(error)"))
      } catch {
        return .refused(GuestClient.refusal("client.failed", "\(error)"))
      }
    }
  }
}
