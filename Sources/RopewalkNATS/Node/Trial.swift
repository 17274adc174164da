/// That a node takes a message which was handed out often. A message is known by its place in the stream that it stands in.
struct Trial: Hashable, Sendable {
  /// Whether it is on its way to a destination; otherwise it stands among the accepted ones.
  var isHop: Bool
  var sequence: UInt64
}
