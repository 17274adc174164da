import Foundation
import GRDB

/// What becomes of a database that nobody has open: afterwards it is empty or gone.
enum Loss: CaseIterable {
  case removed, emptied, emptiedBesideItsLog, aByteBesideItsLog, withoutTables

  /// What lies beside it, and must stay.
  var log: Data? {
    switch self {
    case .emptiedBesideItsLog, .aByteBesideItsLog: Data(repeating: 1, count: 5000)
    case .removed, .emptied, .withoutTables: nil
    }
  }

  func strike(database: URL) throws {
    switch self {
    case .removed: try FileManager.default.removeItem(at: database)
    case .emptied, .emptiedBesideItsLog: try Data().write(to: database)
    case .aByteBesideItsLog: try Data([1]).write(to: database)
    case .withoutTables:
      try FileManager.default.removeItem(at: database)
      let queue = try DatabaseQueue(path: database.path)
      try queue.write { try $0.execute(sql: "CREATE TABLE t (x); DROP TABLE t") }
      try queue.close()
    }
    try log?.write(to: URL(fileURLWithPath: database.path + "-wal"))
  }
}
