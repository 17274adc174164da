import RopewalkPostgres
import RopewalkTesting
import Synchronization

/// Stores that are closed together.
final class OpenStores: Sendable {
  private let stores = Mutex<[PostgresResourceStore]>([])

  @discardableResult
  func add(_ store: PostgresResourceStore) -> PostgresResourceStore {
    stores.withLock { $0.append(store) }
    return store
  }

  func close() {
    for store in stores.withLock({ $0 }) { store.close() }
  }
}

extension PostgresServer {
  /// A connection string that means a schema of its own, which is made.
  func schema(_ name: String) async throws -> String {
    try await PostgresResourceStore.makeSchema(name.lowercased(), url: url)
    return url + "&options=-csearch_path%3D\(name.lowercased())"
  }
}
