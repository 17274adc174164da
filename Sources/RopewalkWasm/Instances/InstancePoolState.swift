import DequeModule

/// Which instances live, who has them checked out, who waits for one, and which goes first when there are too many.
///
/// An instance is either here, idle, or with the one that checked it out; so nothing here needs to know what it is.
struct InstancePoolState<Instance, Waiter> {
  struct Limits {
    var instances: Int
    var waiting: Int
  }

  typealias Grant = InstanceGrant<Instance>
  typealias Seat = InstanceSeat
  typealias Ticket = InstanceTicket

  private typealias Waiting = (number: UInt64, key: InstanceKey, waiter: Waiter)

  private struct Slot {
    var key: InstanceKey
    /// Nil while checked out.
    var instance: Instance?
    var isBusy: Bool
    var waiting: [Waiting] = []
    /// Neighbours in the list of idle slots, the least recently used first; `none` at the ends.
    var previous = none
    var next = none
  }

  private static var none: Int { -1 }

  private let limits: Limits
  private var indices: [InstanceKey: Int] = [:]
  private var slots: [Slot] = []
  private var vacant: [Int] = []
  private var leastRecent = none
  private var mostRecent = none
  private var waitingForSeat: Deque<Waiting> = []
  private var lastNumber: UInt64 = 0
  private(set) var waiting = 0

  init(limits: Limits) {
    self.limits = limits
  }

  /// Instances that live, idle or checked out.
  var live: Int { indices.count }

  /// Takes the key's instance, or a seat to create it on; nil when the caller must wait.
  mutating func tryCheckOut(_ key: InstanceKey) -> Grant? {
    if let index = indices[key] {
      guard !slots[index].isBusy else { return nil }
      unlink(index)
      slots[index].isBusy = true
      return Grant(seat: Seat(index: index), instance: slots[index].instance.take())
    }
    if indices.count < limits.instances { return Grant(seat: occupy(key)) }
    guard leastRecent != Self.none else { return nil }
    let evicted = vacate(leastRecent)
    return Grant(seat: occupy(key), evicted: evicted)
  }

  enum Admission {
    case granted(Grant)
    case waits(Ticket)
    /// So many wait already.
    case full
  }

  mutating func checkOut(_ key: InstanceKey, _ waiter: Waiter) -> Admission {
    if let grant = tryCheckOut(key) { return .granted(grant) }
    guard waiting < limits.waiting else { return .full }
    lastNumber += 1
    waiting += 1
    let entry = (number: lastNumber, key: key, waiter: waiter)
    if let index = indices[key] {
      slots[index].waiting.append(entry)
    } else {
      waitingForSeat.append(entry)
    }
    return .waits(Ticket(key: key, number: lastNumber))
  }

  /// Gives an instance back, or only its seat when the instance is of no more use.
  /// - Returns: whoever waited and has its turn now.
  mutating func checkIn(_ seat: Seat, _ instance: Instance?) -> (waiter: Waiter, grant: Grant)? {
    let index = seat.index
    if let next = slots[index].waiting.first {
      slots[index].waiting.removeFirst()
      waiting -= 1
      return (next.waiter, Grant(seat: seat, instance: instance))
    }
    if let instance {
      slots[index].isBusy = false
      slots[index].instance = instance
      link(index)
    } else {
      _ = vacate(index)
    }
    return seatNext()
  }

  /// Takes a waiter out; nil when it has its grant already.
  mutating func cancel(_ ticket: Ticket) -> Waiter? {
    if let index = indices[ticket.key], let place = slots[index].waiting.firstIndex(where: { $0.number == ticket.number }) {
      waiting -= 1
      return slots[index].waiting.remove(at: place).waiter
    }
    guard let place = waitingForSeat.firstIndex(where: { $0.number == ticket.number }) else { return nil }
    waiting -= 1
    return waitingForSeat.remove(at: place).waiter
  }

  /// Takes out what a node still has idle here.
  mutating func removeIdle(ofNode node: Int) -> [Instance] {
    indices.filter { $0.key.node == node && !slots[$0.value].isBusy }.values.compactMap { vacate($0) }
  }

  /// Gives a free or evictable seat to whoever has waited longest for one.
  private mutating func seatNext() -> (waiter: Waiter, grant: Grant)? {
    while let next = waitingForSeat.first {
      if let index = indices[next.key], slots[index].isBusy {
        // Another message of the same customer was seated meanwhile: wait behind it.
        slots[index].waiting.append(next)
        waitingForSeat.removeFirst()
        continue
      }
      guard let grant = tryCheckOut(next.key) else { return nil }
      waitingForSeat.removeFirst()
      waiting -= 1
      return (next.waiter, grant)
    }
    return nil
  }

  private mutating func occupy(_ key: InstanceKey) -> Seat {
    let slot = Slot(key: key, instance: nil, isBusy: true)
    let index: Int
    if let free = vacant.popLast() {
      slots[free] = slot
      index = free
    } else {
      slots.append(slot)
      index = slots.count - 1
    }
    indices[key] = index
    return Seat(index: index)
  }

  private mutating func vacate(_ index: Int) -> Instance? {
    if !slots[index].isBusy { unlink(index) }
    indices[slots[index].key] = nil
    vacant.append(index)
    return slots[index].instance.take()
  }

  private mutating func link(_ index: Int) {
    slots[index].previous = mostRecent
    slots[index].next = Self.none
    if mostRecent == Self.none { leastRecent = index } else { slots[mostRecent].next = index }
    mostRecent = index
  }

  private mutating func unlink(_ index: Int) {
    let (previous, next) = (slots[index].previous, slots[index].next)
    if previous == Self.none { leastRecent = next } else { slots[previous].next = next }
    if next == Self.none { mostRecent = previous } else { slots[next].previous = previous }
  }
}

/// What whoever checks out holds until it checks in.
struct InstanceGrant<Instance> {
  let seat: InstanceSeat
  /// The customer's instance; nil when it must be created.
  var instance: Instance?
  /// Another customer's idle instance that had to go; to be dropped.
  var evicted: Instance?
}

extension InstanceGrant: Sendable where Instance: Sendable {}

struct InstanceSeat: Sendable, Hashable {
  fileprivate let index: Int
}

/// A place in the queue for an instance.
struct InstanceTicket: Sendable, Hashable {
  fileprivate let key: InstanceKey
  fileprivate let number: UInt64
}

/// Whose instance: one for each customer of each step.
struct InstanceKey: Sendable, Hashable {
  /// The number of the step's node, unique in the process.
  let node: Int
  let customerID: String
}
