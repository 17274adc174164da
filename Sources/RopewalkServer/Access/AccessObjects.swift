import RopewalkResources
import Synchronization

/// The roles and bindings that watches have told of; says all of them whenever one changes, once each kind is complete.
final class AccessObjects: Sendable {
  private struct State {
    var objects: [ResourceKey: Resource] = [:]
    var complete: Set<ResourceCollection> = []
  }

  private let kinds: Int
  private let onChange: @Sendable ([Resource]) -> Void
  private let state = Mutex(State())

  init(kinds: Int, onChange: @escaping @Sendable ([Resource]) -> Void) {
    self.kinds = kinds
    self.onChange = onChange
  }

  func hear(_ event: ResourceEvent, of collection: ResourceCollection) {
    state.withLock { state in
      switch event {
      case .added(let object), .modified(let object): state.objects[Self.key(object, collection)] = object
      case .deleted(let object): state.objects[Self.key(object, collection)] = nil
      case .bookmark: guard state.complete.insert(collection).inserted else { return }
      }
      // In the lock, so that rules come into force in the order of the changes.
      if state.complete.count == kinds { onChange(Array(state.objects.values)) }
    }
  }

  private static func key(_ object: Resource, _ collection: ResourceCollection) -> ResourceKey {
    ResourceKey(collection, namespace: object.metadata.namespace, name: object.metadata.name)
  }
}
