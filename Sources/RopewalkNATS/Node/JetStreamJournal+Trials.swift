import RopewalkCore
import Synchronization

/// Which messages nodes ended with.
///
/// The server counts how often it has handed a message out, whatever became of that: it was given back, lay in a node's buffer, or was
/// lost on its way from a server that was killed. None of that says anything against the message, and who knows of it may be dead. So
/// of a message that was handed out often a node writes down beforehand that it takes it, and strikes that out when it has finished
/// it or gives it back. What stays are the notes of those who did neither.
extension JetStreamJournal {
  struct Trials {
    /// What this node has in work, or has just taken, and wrote down.
    var own: Set<Trial> = []
    /// Of each consumer that this node works on, what gives back all that it has.
    var holders: [String: @Sendable () -> Void] = [:]
  }

  /// Writes down that this node takes a message. However often it does, it has one note.
  func begin(_ trial: Trial) async throws {
    // Without an id for the server, which would not store it again once it was removed. Where there is no room nothing is written: a
    // message that nodes end with goes on then, and none is given up for it.
    _ = try await publisher.publish(NATSOutgoing(names.body(note(of: trial))))
    _ = state.withLock { $0.trials.own.insert(trial) }
  }

  /// Strikes out what ``begin(_:)`` wrote; it is on its way when this returns. What is not answered is struck out when the node leaves.
  func end(_ trial: Trial) {
    guard state.withLock({ $0.trials.own.remove(trial) }) != nil else { return }
    let body: JSON = ["filter": .string(names.body(note(of: trial)))]
    let request = NATSOutgoing("$JS.API.STREAM.PURGE.\(names.bodies)", payload: body.serialised())
    let connection = jetStream.connection
    connection.requests.send(
      request,
      timeout: connection.options.limits.requestTimeout,
      answer: { _ in true },
      fail: { [weak self] error in
        guard let self else { return }
        let isEnded = state.withLock { $0.trials.own.insert(trial).inserted }
        // Unless it has been taken again, the next server is asked: it is not to count as a failure for as long as this node stays.
        if isEnded, error.code == .natsDisconnected { end(trial) }
      }
    )
  }

  /// How many other nodes wrote down that they take a message, and neither finished it nor gave it back.
  func failures(of trial: Trial) async throws -> Int {
    let own = note(of: trial)
    let ids = try await jetStream.subjects(of: names.bodies, matching: names.bodiesSubjects[0]).keys.map(names.bodyID)
    return ids.count(where: { $0 != own && BodyOwner(of: $0) == .trial(trial) })
  }

  /// Gives back what this node has in work.
  func giveBackAll() {
    for giveBack in state.withLock({ Array($0.trials.holders.values) }) { giveBack() }
    for trial in state.withLock({ Array($0.trials.own) }) { end(trial) }
  }

  private func note(of trial: Trial) -> String { BodyOwner.trial(trial).makeID(marks) }
}
