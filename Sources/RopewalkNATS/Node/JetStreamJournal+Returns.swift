import RopewalkCore
import Synchronization

/// The server counts how often it has handed a message out, whatever became of that. What was given back must not count against it, or
/// a message that waits for its destination would be given up after so many upgrades of the nodes that it waits in.
extension JetStreamJournal {
  /// What nodes have given back, and what to do when this one leaves.
  struct Returns {
    /// By this node, since it last wrote it down.
    var own = ReturnCounts()
    /// By nodes that have left, as far as it is known here.
    var noted = ReturnCounts()
    /// The notes that are in it.
    var notes: Set<String> = []
    /// Of each consumer that this node works on, what gives back all that it has.
    var holders: [String: @Sendable () -> Void] = [:]
  }

  func countReturn(of sequence: UInt64, in stream: String) {
    state.withLock { $0.returns.own.add(of: sequence, in: stream) }
  }

  func forgetReturns(of sequence: UInt64, in stream: String) {
    state.withLock { state in
      state.returns.own.forget(sequence, in: stream)
      state.returns.noted.forget(sequence, in: stream)
    }
  }

  /// How often a message was given back, as far as this node knows.
  func returns(of sequence: UInt64, in stream: String) -> Int {
    state.withLock { $0.returns.own.count(of: sequence, in: stream) + $0.returns.noted.count(of: sequence, in: stream) }
  }

  /// Reads what nodes wrote down that have left meanwhile.
  func readReturns() async throws {
    var found: Set<String> = []
    try await jetStream.forEachMessage(of: names.bodies) { message in
      let id = names.bodyID(of: message.subject)
      if BodyOwner(of: id) == .returns { found.insert(id) }
    }
    let known = state.withLock(\.returns.notes)
    for id in found.subtracting(known).sorted() {
      var counts = ReturnCounts()
      do {
        counts = try ReturnCounts(bytes: try await bodies.get(id))
      } catch let error as RopewalkError where error.code == .bodyMissing || error.code == .recordUnreadable {
        // It was removed just now, or is a newer version's. What it says of a message makes that given up earlier, and never lost.
      }
      state.withLock { [counts] state in
        if state.returns.notes.insert(id).inserted { state.returns.noted.add(counts) }
      }
    }
  }

  /// Gives back what this node has in work, and writes down for the others what it ever gave back.
  func giveBackAll() async throws {
    for giveBack in state.withLock({ Array($0.returns.holders.values) }) { giveBack() }
    let own = state.withLock { state in
      defer { state.returns.own = ReturnCounts() }
      return state.returns.own
    }
    guard !own.isEmpty else { return }
    do {
      _ = try await bodies.put(own.bytes, of: .returns)
    } catch {
      state.withLock { $0.returns.own.add(own) }
      throw error
    }
  }
}
