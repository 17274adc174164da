/// The attempts of one destination that are running, and which of them take too long. Time comes in as a parameter.
struct AttemptTable<Handle> {
  private struct Slot {
    var handle: Handle?
    var deadline: Duration = .zero
    var isOverdue = false
  }

  private let timeout: Duration
  private var slots: [Slot] = []
  private var free: [Int] = []

  init(timeout: Duration) {
    self.timeout = timeout
  }

  /// Enters an attempt and returns its place.
  mutating func begin(_ handle: Handle, at now: Duration) -> Int {
    let slot = Slot(handle: handle, deadline: now + timeout)
    guard let place = free.popLast() else {
      slots.append(slot)
      return slots.count - 1
    }
    slots[place] = slot
    return place
  }

  /// Removes an attempt. Returns true when it was given up as overdue.
  mutating func end(_ place: Int) -> Bool {
    let isOverdue = slots[place].isOverdue
    slots[place] = Slot()
    free.append(place)
    return isOverdue
  }

  /// When the next attempt will have taken too long; nil while none is running.
  var nextDeadline: Duration? {
    slots.lazy.filter { $0.handle != nil && !$0.isOverdue }.map(\.deadline).min()
  }

  /// Marks what is overdue and passes each of those attempts on, once.
  mutating func expire(at now: Duration, _ body: (Handle) -> Void) {
    for place in slots.indices where !slots[place].isOverdue && slots[place].deadline <= now {
      guard let handle = slots[place].handle else { continue }
      slots[place].isOverdue = true
      body(handle)
    }
  }
}
