/// First in, first out, at constant cost on average.
///
/// Two stacks: elements are pushed on one and popped from the other, which is refilled by turning the first over.
package struct FIFO<Element> {
  private var front: [Element] = []
  private var back: [Element] = []

  package init() {}

  package var isEmpty: Bool { front.isEmpty && back.isEmpty }
  package var count: Int { front.count + back.count }

  package var first: Element? { front.last ?? back.first }

  package mutating func append(_ element: Element) {
    back.append(element)
  }

  /// Puts an element back in front of all others.
  package mutating func prepend(_ element: Element) {
    front.append(element)
  }

  package mutating func popFirst() -> Element? {
    if front.isEmpty {
      guard back.count > 1 else { return back.popLast() }
      swap(&front, &back)
      front.reverse()
    }
    return front.popLast()
  }
}

extension FIFO: Sendable where Element: Sendable {}
