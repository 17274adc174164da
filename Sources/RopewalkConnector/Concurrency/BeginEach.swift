import Glibc

/// Begins `body` for each of `elements`, in their order and without waiting for one before the next is begun.
///
/// A body that waits does so in a task of its own. One that returns without having waited leaves its task to the next
/// element, because beginning and ending a task costs more than many a body. A task that was cancelled meanwhile takes none.
///
/// - Parameter addImmediateTask: begins a task on this thread, as a task group does.
func beginEach<Element: Sendable>(
  _ elements: [Element],
  addImmediateTask: (@escaping @Sendable () async -> Void) -> Void,
  _ body: @escaping @Sendable (Element) async -> Void
) {
  let line = Line(elements)
  while let element = line.popFirst() {
    let first = Handover(element)
    addImmediateTask {
      var next = first.take()
      while let element = next {
        await body(element)
        next = line.popFirstUnlessWaited()
      }
    }
  }
}

/// The elements that are not begun yet. They are taken by one thread alone, the one on which ``beginEach(_:addImmediateTask:_:)``
/// runs: a task that is on another one has waited, and one that comes back to this one later finds nothing left.
private final class Line<Element: Sendable>: @unchecked Sendable {
  private let thread = pthread_self()
  private var rest: ArraySlice<Element>

  init(_ elements: [Element]) {
    rest = elements[...]
  }

  func popFirst() -> Element? {
    let first = rest.popFirst()
    // Tasks that wait keep the line, and must not keep what others have done with.
    if rest.isEmpty { rest = [] }
    return first
  }

  func popFirstUnlessWaited() -> Element? {
    guard pthread_equal(thread, pthread_self()) != 0, !Task.isCancelled else { return nil }
    return popFirst()
  }
}

/// The first element of a task, which is not to be kept until the task's end.
private final class Handover<Element: Sendable>: @unchecked Sendable {
  private var element: Element?

  init(_ element: Element) {
    self.element = element
  }

  /// To be called once.
  func take() -> Element? { element.take() }
}
