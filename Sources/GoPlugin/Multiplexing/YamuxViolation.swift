/// What the other side of a yamux session did that ends the session.
struct YamuxViolation: Error, Sendable, Hashable, CustomStringConvertible {
  let what: String

  init(_ what: String) {
    self.what = what
  }

  var description: String { "the other side breaks the rules of multiplexing: \(what)" }
}
