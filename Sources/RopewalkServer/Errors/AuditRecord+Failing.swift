package import RopewalkResources

extension AuditRecord {
  /// Says that the write failed, in the words that a client of the API hears. What was cancelled had most often taken too long, and may
  /// have been done all the same, as with every timeout.
  package mutating func fail(_ error: any Error) {
    let answer = error is CancellationError ? StatusError(504, "Timeout", "") : StatusError(error, about: target)
    (status, reason) = (answer.code, answer.reason)
  }
}
