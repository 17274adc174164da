import Logging
import RopewalkCore
import RopewalkResources
import RopewalkWasm
import ServiceLifecycle

/// Finds controllers in folders and declares them as `Controller` objects: `*-plugin.yaml`, `wasm-plugins.yaml`, and bare
/// `*.wasm` files. A file that changes is declared anew, one that goes takes its object with it. What is wrong with one is
/// said once, and the good ones are loaded.
struct ControllerDiscovery: Service {
  /// Marks the objects that this made, with the file they come from.
  static let sourceAnnotation = "ropewalk.dev/discovered-in"
  /// Changes with the code, so that a changed module is looked at.
  static let stampAnnotation = "ropewalk.dev/code"

  private let paths: [String]
  private let client: any ResourceClient
  private let interval: Duration
  private let logger: Logger

  /// - Parameters:
  ///   - paths: the folders and lists; one that is not there counts as empty.
  ///   - interval: how often they are looked at. Default 2 s.
  init(paths: [String], client: any ResourceClient, interval: Duration = .seconds(2), logger: Logger) {
    self.paths = paths
    self.client = client
    self.interval = interval
    self.logger = logger
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var reported: Set<Diagnostic> = []
      while !Task.isCancelled {
        if let problems = await self.look() {
          for problem in problems where !reported.contains(problem) {
            self.logger.error("A controller cannot be loaded", metadata: ["error": "\(problem)"])
          }
          reported = Set(problems)
        }
        try? await Task.sleep(for: self.interval)
      }
    }
  }

  /// Looks once. What stands in the way of that, such as a store that does not answer, is said, and hinders nothing else.
  /// - Returns: everything that is wrong; nil when it could not look.
  @discardableResult
  func look() async -> [Diagnostic]? {
    do {
      return try await declare()
    } catch {
      logger.warning("The controllers' folders could not be looked through", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// Makes the objects what the folders hold.
  /// - Returns: everything that is wrong.
  func declare() async throws -> [Diagnostic] {
    let found = PluginFolders(paths: paths).found()
    var problems = found.problems
    let existing = try await discovered()
    for controller in found.controllers {
      do {
        try await declare(controller, existing[controller.name])
      } catch let error as RopewalkError {
        problems.append(Diagnostic(at: controller.mark, error.message))
      }
    }
    let names = Set(found.controllers.map(\.name))
    // A file that is broken for the moment does not end what it declared before.
    let broken = Set(found.problems.compactMap(\.mark?.file))
    for (name, object) in existing where !names.contains(name) {
      if broken.contains(object.metadata.annotations[Self.sourceAnnotation] ?? "") { continue }
      _ = try await client.delete(ResourceKey(ControllerController.collection, name: name), options: DeleteOptions())
    }
    return problems
  }

  private func discovered() async throws -> [String: Resource] {
    let list = try await client.list(ResourceQuery(ControllerController.collection))
    let own = list.items.filter { $0.metadata.annotations[Self.sourceAnnotation] != nil }
    return Dictionary(uniqueKeysWithValues: own.map { ($0.metadata.name, $0) })
  }

  private func declare(_ controller: FoundController, _ existing: Resource?) async throws {
    let annotations = [Self.sourceAnnotation: controller.file, Self.stampAnnotation: controller.stamp]
    guard let existing else {
      let object = Resource(
        apiVersion: "ropewalk.dev/v1",
        kind: "Controller",
        metadata: ResourceMetadata(name: controller.name, annotations: annotations),
        fields: ["spec": .object(controller.spec)]
      )
      do {
        _ = try await client.create(object, options: WriteOptions())
      } catch let error as RopewalkError where error.code == .resourceExists {
        throw RopewalkError(
          .resourceExists,
          "a Controller '\(controller.name)' is declared already, and not by a file here; give this one another name"
        )
      }
      return
    }
    guard existing.spec != .object(controller.spec) || annotations.contains(where: { existing.metadata.annotations[$0.key] != $0.value })
    else {
      return
    }
    let key = ResourceKey(ControllerController.collection, name: controller.name)
    _ = try await client.modify(key, .main, options: WriteOptions()) { object in
      object.spec = .object(controller.spec)
      object.metadata.annotations.merge(annotations) { $1 }
    }
  }
}
