import Logging
import RopewalkCore
import RopewalkPostgres
import RopewalkResources
import RopewalkSQLite

/// A store of objects that this process has open.
struct OpenStore: Sendable {
  let store: any ResourceStore
  private let close: @Sendable () async throws -> Void

  /// - Throws: `RopewalkError` that says why it cannot be used.
  init(_ choice: StoreChoice, in workspace: Workspace) async throws {
    switch choice {
    case .memory:
      store = MemoryResourceStore()
      close = {}
    case .sqlite:
      let opened = try SQLiteResourceStore(folder: workspace.dataDirectory + "/resources")
      store = opened
      close = { try opened.close() }
    case .postgres(let url):
      let opened = try await PostgresResourceStore.open(url: url)
      store = opened
      close = { opened.close() }
    }
  }

  /// A failure goes to the log: what was acknowledged is on disk.
  func close(logger: Logger) async {
    do {
      try await close()
    } catch {
      logger.warning("The store of objects was not closed as it should be; nothing is lost", metadata: ["error": "\(error)"])
    }
  }
}
