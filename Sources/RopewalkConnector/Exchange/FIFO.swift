/// First in, first out, at constant cost on average, and with a look at the first.
struct FIFO<Element> {
  private var elements: [Element?] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var count: Int { elements.count - head }
  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let first = elements[head].take()
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: head <= 4096)
      head = 0
    } else if head >= 1024, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return first
  }

  /// Whether there is a first, and `condition` holds for it.
  func firstSatisfies(_ condition: (Element) -> Bool) -> Bool {
    guard !isEmpty, let first = elements[head] else { return false }
    return condition(first)
  }

  /// Takes out the first for which `matches` holds; at a cost that grows with the length.
  mutating func remove(where matches: (Element) -> Bool) -> Element? {
    for index in head..<elements.count {
      if let element = elements[index], matches(element) {
        elements.remove(at: index)
        if isEmpty { removeAll() }
        return element
      }
    }
    return nil
  }

  /// Takes out all.
  @discardableResult
  mutating func removeAll() -> [Element] {
    defer {
      elements = []
      head = 0
    }
    return elements[head...].compactMap { $0 }
  }
}

extension FIFO: Sendable where Element: Sendable {}
