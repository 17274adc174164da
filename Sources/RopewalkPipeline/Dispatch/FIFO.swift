/// First in, first out, at constant cost on average.
///
/// Two stacks: elements are pushed on one and popped from the other, which is refilled by turning the first over.
struct FIFO<Element> {
  private var front: [Element] = []
  private var back: [Element] = []

  init() {}

  init(_ element: Element) {
    back = [element]
  }

  var isEmpty: Bool { front.isEmpty && back.isEmpty }
  var count: Int { front.count + back.count }

  var first: Element? { front.last ?? back.first }

  mutating func append(_ element: Element) {
    back.append(element)
  }

  /// Puts an element back in front of all others.
  mutating func prepend(_ element: Element) {
    front.append(element)
  }

  mutating func popFirst() -> Element? {
    if front.isEmpty {
      guard back.count > 1 else { return back.popLast() }
      swap(&front, &back)
      front.reverse()
    }
    return front.popLast()
  }
}

extension FIFO: Sendable where Element: Sendable {}
