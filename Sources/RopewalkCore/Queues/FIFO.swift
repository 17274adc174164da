/// First in, first out, at constant cost on average.
///
/// Inlinable because its users lie in other modules: unspecialised, it costs a message a tenth of its way.
///
/// Two stacks: elements are pushed on one and popped from the other, which is refilled by turning the first over.
@frozen package struct FIFO<Element> {
  @usableFromInline var front: [Element] = []
  @usableFromInline var back: [Element] = []

  @inlinable package init() {}

  @inlinable package var isEmpty: Bool { front.isEmpty && back.isEmpty }
  @inlinable package var count: Int { front.count + back.count }

  @inlinable package var first: Element? { front.last ?? back.first }

  @inlinable package mutating func append(_ element: Element) {
    back.append(element)
  }

  /// Puts an element back in front of all others.
  @inlinable package mutating func prepend(_ element: Element) {
    front.append(element)
  }

  @inlinable package mutating func popFirst() -> Element? {
    if front.isEmpty {
      guard back.count > 1 else { return back.popLast() }
      swap(&front, &back)
      front.reverse()
    }
    return front.popLast()
  }
}

extension FIFO: Sendable where Element: Sendable {}
