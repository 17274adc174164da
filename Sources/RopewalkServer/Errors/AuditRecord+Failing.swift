package import RopewalkResources

extension AuditRecord {
  /// Says that the write failed, in the words that a client of the API hears.
  package mutating func fail(_ error: any Error) {
    let answer = StatusError(error, about: target)
    (status, reason) = (answer.code, answer.reason)
  }
}
