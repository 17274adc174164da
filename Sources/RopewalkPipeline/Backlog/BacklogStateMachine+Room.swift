import RopewalkCore
import RopewalkResources

/// Who may take how much into memory.
extension BacklogStateMachine {
  /// A customer may have one part in so many of the memory that is free.
  static let share = 8

  func hasRoom(_ lane: CustomerLane, size: Int) -> Bool {
    guard room(of: lane) > 0, hasSpace(lane, size: size) else { return false }
    if destinationCount == 1 { return true }
    for destination in 0..<destinationCount where hasRoom(lane, destination: destination) { return true }
    return false
  }

  /// Messages that a customer may take into memory.
  func room(of lane: CustomerLane) -> Int {
    let free = limits.memory.messages - messages
    guard free > 0 else { return 0 }
    return max(lane.messages == 0 ? 1 : 0, min(limits.memory.messagesPerCustomer, free / Self.share) - lane.messages)
  }

  /// A message that is larger than all that a customer may have goes through alone.
  func hasSpace(_ lane: CustomerLane, size: Int) -> Bool {
    lane.messages == 0 ? bytes < limits.memory.size.bytes : size <= space(of: lane)
  }

  /// Bytes that a customer may take into memory.
  func space(of lane: CustomerLane) -> Int { sizeOfShare - lane.bytes }

  /// Replays are one lane, whoever's they are, and have one customer's share of the bytes.
  func hasSpace(forReplayOf size: Int) -> Bool {
    replays.held == 0 ? bytes < limits.memory.size.bytes : size <= spaceOfReplays
  }

  var spaceOfReplays: Int { sizeOfShare - replays.bytes }

  private var sizeOfShare: Int { min(limits.memory.sizePerCustomer.bytes, (limits.memory.size.bytes - bytes) / Self.share) }

  func hasRoom(_ lane: CustomerLane, destination: Int) -> Bool {
    if destinationCount == 1 { return true }
    let memory = limits.memory
    return lane.held[destination].isBelow(room(of: lane), space(of: lane))
      && held[destination].isBelow(memory.messages - messages, memory.size.bytes - bytes)
  }
}
