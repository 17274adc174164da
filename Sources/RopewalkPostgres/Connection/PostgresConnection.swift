import CPostgres
import RopewalkCore
import RopewalkResources

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One connection through libpq. Its calls block; `@unchecked Sendable`: it is used on one queue at a time.
final class PostgresConnection: @unchecked Sendable {
  private let handle: OpaquePointer

  /// - Parameter url: a connection string or URI as libpq reads it.
  /// - Throws: `store.unavailable`.
  init(url: String) throws(RopewalkError) {
    guard let handle = PQconnectdb(url) else { throw RopewalkError(.storeUnavailable, "there is no memory for a connection to PostgreSQL") }
    self.handle = handle
    // `deinit` gives the handle back, also where this throws.
    guard PQstatus(handle) == CONNECTION_OK else { throw Self.unavailable(handle) }
    // Notices of "already exists" would go to the standard error.
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
  }

  deinit {
    PQfinish(handle)
  }

  /// Looks at the socket too: the server may have closed it since it was last used.
  var isUsable: Bool { PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK }

  var descriptor: CInt { PQsocket(handle) }

  /// Runs one statement. Parameters are `$1`, `$2`, …, in their text form; nil is null.
  /// - Throws: `store.unavailable`.
  @discardableResult
  func run(_ sql: String, _ parameters: [String?] = []) throws(RopewalkError) -> PostgresRows {
    let values = parameters.map { $0.map { UnsafePointer(strdup($0)) } ?? nil }
    defer { for value in values { free(UnsafeMutableRawPointer(mutating: value)) } }
    let result = PQexecParams(handle, sql, CInt(parameters.count), nil, values, nil, nil, 0)
    guard let result, [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else {
      let error = Self.unavailable(handle)
      PQclear(result)
      throw error
    }
    return PostgresRows(result)
  }

  /// Runs statements without parameters.
  func runScript(_ sql: String) throws(RopewalkError) {
    let result = PQexec(handle, sql)
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK else { throw Self.unavailable(handle) }
  }

  /// Runs `body` in a transaction, which is rolled back when it throws.
  func transaction<Value>(_ begin: String, _ body: () throws -> Value) throws -> Value {
    try run(begin)
    do {
      let value = try body()
      try run("COMMIT")
      return value
    } catch {
      // Fails where the connection is gone, and the transaction with it.
      _ = try? run("ROLLBACK")
      throw error
    }
  }

  /// Takes what has arrived, and forgets the notifications among it.
  /// - Throws: `store.unavailable` when the connection is gone.
  func consumeNotifications() throws(RopewalkError) {
    guard PQconsumeInput(handle) == 1 else { throw Self.unavailable(handle) }
    while let notification = PQnotifies(handle) { PQfreemem(notification) }
  }

  /// Messages of libpq name host and user, never the password.
  private static func unavailable(_ handle: OpaquePointer) -> RopewalkError {
    let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    let line = text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: "; ")
    return RopewalkError(.storeUnavailable, "PostgreSQL cannot be used: \(line); check that it runs, the connection string and the rights")
  }
}

/// The rows that a statement answered.
final class PostgresRows {
  private let result: OpaquePointer

  init(_ result: OpaquePointer) {
    self.result = result
  }

  deinit {
    PQclear(result)
  }

  var count: Int { Int(PQntuples(result)) }

  func isNull(_ row: Int, _ column: CInt) -> Bool { PQgetisnull(result, CInt(row), column) == 1 }

  func text(_ row: Int, _ column: CInt) -> String { String(decoding: bytes(row, column), as: UTF8.self) }

  func bytes(_ row: Int, _ column: CInt) -> [UInt8] {
    guard let start = PQgetvalue(result, CInt(row), column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, CInt(row), column))))
  }

  func number(_ row: Int, _ column: CInt) -> Int64 { Int64(text(row, column)) ?? 0 }
}
