/// What a ``WorkerPool`` takes its work from. A value: the pool guards it.
protocol WorkQueue: Sendable {
  associatedtype Work: Sendable

  var hasWork: Bool { get }

  /// The work whose turn it is; nil when there is none.
  mutating func next() -> Work?

  /// Work that ``next()`` gave out has been done, which may make more of the waiting work ready.
  mutating func finished(_ work: Work)
}

extension WorkQueue {
  mutating func finished(_ work: Work) {}
}
