/// Looks again and again until something is so.
///
/// The limit bounds a wait that would never end; it is long, because other tests may have the machine for a while.
/// - Throws: when it is not so within `limit`, with the place that waits; `CancellationError`; and what `condition` throws.
package func eventually(
  _ what: String = "it",
  within limit: Duration = .seconds(120),
  fileID: StaticString = #fileID,
  line: Int = #line,
  _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < deadline else { throw NeverSo(what: what, limit: limit, place: "\(fileID):\(line)") }
    try await Task.sleep(for: .milliseconds(2))
  }
}

private struct NeverSo: Error, CustomStringConvertible {
  let what: String
  let limit: Duration
  let place: String

  var description: String { "\(place): \(what) did not become so within \(limit)" }
}
