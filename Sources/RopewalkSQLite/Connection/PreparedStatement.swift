import GRDB
import GRDBSQLite

/// A statement of a connection, bound and stepped through SQLite's own C API: no boxed values, no copies of what is read.
///
/// The connection keeps the statement; use it only where the connection may be used.
struct PreparedStatement {
  /// Tells SQLite to copy what is bound.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  private let handle: OpaquePointer

  init(_ sql: String, on database: Database) throws {
    self.handle = try database.cachedStatement(sql: sql).sqliteStatement
  }

  // MARK: Binding; parameters count from 1

  func bind(_ value: Int64, at index: Int32) {
    sqlite3_bind_int64(handle, index, value)
  }

  func bind(_ value: Int64?, at index: Int32) {
    if let value { sqlite3_bind_int64(handle, index, value) } else { sqlite3_bind_null(handle, index) }
  }

  func bind(_ text: String?, at index: Int32) {
    guard var text else {
      sqlite3_bind_null(handle, index)
      return
    }
    text.withUTF8 { bytes in
      _ = bytes.withMemoryRebound(to: CChar.self) { sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), Self.copied) }
    }
  }

  func bind(_ bytes: [UInt8]?, at index: Int32) {
    guard let bytes else {
      sqlite3_bind_null(handle, index)
      return
    }
    // A blob without an address would be null.
    guard !bytes.isEmpty else {
      sqlite3_bind_zeroblob(handle, index, 0)
      return
    }
    _ = bytes.withUnsafeBytes { sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), Self.copied) }
  }

  // MARK: Running

  /// Runs a statement that answers no rows.
  /// - Returns: how many rows it changed.
  @discardableResult
  func run() throws(SQLiteFailure) -> Int {
    let result = sqlite3_step(handle)
    guard result == SQLITE_DONE else { throw failure() }
    sqlite3_reset(handle)
    return Int(sqlite3_changes(sqlite3_db_handle(handle)))
  }

  /// Calls `body` with each row, until it returns false.
  func rows(_ body: (PreparedStatement) throws -> Bool) throws {
    defer { sqlite3_reset(handle) }
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_ROW:
        guard try body(self) else { return }
      case SQLITE_DONE:
        return
      default:
        throw failure()
      }
    }
  }

  /// What `body` makes of the first row; nil when there is none.
  func first<Value>(_ body: (PreparedStatement) throws -> Value) throws -> Value? {
    defer { sqlite3_reset(handle) }
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return try body(self)
    case SQLITE_DONE: return nil
    default: throw failure()
    }
  }

  private func failure() -> SQLiteFailure {
    let failure = SQLiteFailure(connection: sqlite3_db_handle(handle))
    sqlite3_reset(handle)
    return failure
  }

  // MARK: Columns of the present row; they count from 0

  func integer(_ column: Int32) -> Int64 {
    sqlite3_column_int64(handle, column)
  }

  func optionalInteger(_ column: Int32) -> Int64? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
  }

  /// Empty where the column is null.
  func text(_ column: Int32) -> String {
    guard let start = sqlite3_column_text(handle, column) else { return "" }
    return String(decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))), as: UTF8.self)
  }

  func optionalText(_ column: Int32) -> String? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : text(column)
  }

  /// Empty where the column is null.
  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  func optionalBytes(_ column: Int32) -> [UInt8]? {
    isNull(column) ? nil : bytes(column)
  }

  func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }
}
