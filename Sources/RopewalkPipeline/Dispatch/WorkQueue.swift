/// What a ``WorkerPool`` takes its work from. A value: the pool guards it.
protocol WorkQueue: Sendable {
  associatedtype Work: Sendable

  var hasWork: Bool { get }

  /// The work whose turn it is; nil when there is none.
  mutating func next() -> Work?
}
