import RopewalkCore
import Synchronization

/// Which messages nodes ended with.
///
/// The server counts how often it has handed a message out, whatever became of that: it was given back, lay in a node's buffer, or was
/// lost on its way from a server that was killed. None of that says anything against the message, and who knows of it may be dead. So
/// of a message that was handed out often a node writes down beforehand that it takes it, and strikes that out when it has finished
/// it or gives it back. What stays are the notes of those who did neither.
extension JetStreamJournal {
  /// Of a note whose answer was lost.
  private static let unknownPlace: UInt64 = 0

  struct Trials {
    /// What this node has in work, or has just taken, and wrote down: where the note stands in its stream.
    var own: [Trial: UInt64] = [:]
    /// What it is done with, and nobody has said yet that the note is struck out.
    var owed: [Trial: UInt64] = [:]
    /// Of each consumer that this node works on, what gives back all that it has.
    var holders: [String: @Sendable () -> Void] = [:]
  }

  /// Writes down that this node takes a message. However often it does, it has one note.
  /// - Throws: `nats.timeout`, `nats.disconnected`, `nats.closed`, and then the note may be there all the same; ``JetStreamRefusal`` when
  ///   nobody answers for the stream.
  func begin(_ trial: Trial) async throws {
    do {
      // Without an id for the server, which would not store it again once it was removed. Not by the publisher, which does not give up:
      // a node that is stopped while no server is there would not end.
      let result = try await jetStream.connection.request(NATSOutgoing(names.body(note(of: trial)))) { answer in
        if let status = answer.status { throw JetStreamRefusal(status: status) }
        return PublishResult(acknowledgement: answer.bytes)
      }
      // Where there is no room nothing is written: a message that nodes end with goes on then, and none is given up for it.
      if case .stored(let place, _, _) = result { wrote(trial, at: place) }
    } catch let error as RopewalkError {
      wrote(trial, at: Self.unknownPlace)
      throw error
    }
  }

  private func wrote(_ trial: Trial, at place: UInt64) {
    state.withLock { state in
      state.trials.own[trial] = place
      // It goes with this one.
      state.trials.owed[trial] = nil
    }
  }

  /// Strikes out what ``begin(_:)`` wrote; it is on its way when this returns. Where the server says no, or nothing, it is struck out
  /// with the next sweep, or when the node leaves.
  func end(_ trial: Trial) {
    let place = state.withLock { state -> UInt64? in
      guard let place = state.trials.own.removeValue(forKey: trial) else { return nil }
      state.trials.owed[trial] = place
      return place
    }
    if let place { strikeOut(trial, through: place) }
  }

  /// Asks once more for what was not struck out yet.
  func strikeOutOwed() {
    for (trial, place) in state.withLock(\.trials.owed) { strikeOut(trial, through: place) }
  }

  /// - Parameter place: where the note stands, if that is known. A later one stays then, when this comes late to the server.
  func strikeOut(_ trial: Trial, through place: UInt64) {
    let connection = jetStream.connection
    let last = place == Self.unknownPlace ? nil : place
    connection.requests.send(
      JetStream.purging(names.bodies, subject: names.body(note(of: trial)), through: last),
      timeout: connection.options.limits.requestTimeout,
      answer: { [weak self] answer in
        if (try? JetStream.json(of: answer)) != nil { self?.isStruckOut(trial, through: place) }
        return true
      },
      fail: { [weak self] error in
        guard let self, error.code == .natsDisconnected else { return }
        // The next server is asked: it is not to count as a failure for as long as this node stays.
        if state.withLock({ $0.trials.owed[trial] == place }) { strikeOut(trial, through: place) }
      }
    )
  }

  private func isStruckOut(_ trial: Trial, through place: UInt64) {
    state.withLock { state in
      guard state.trials.owed[trial] == place else { return }
      state.trials.owed[trial] = nil
    }
  }

  /// How many other nodes wrote down that they take a message, and neither finished it nor gave it back.
  func failures(of trial: Trial) async throws -> Int {
    let own = note(of: trial)
    let ids = try await jetStream.subjects(of: names.bodies, matching: names.bodiesSubjects[0]).keys.map(names.bodyID)
    return ids.count(where: { $0 != own && BodyOwner(of: $0) == .trial(trial) })
  }

  /// Gives back what this node has in work.
  func giveBackAll() {
    strikeOutOwed()
    for giveBack in state.withLock({ Array($0.trials.holders.values) }) { giveBack() }
    for trial in state.withLock({ Array($0.trials.own.keys) }) { end(trial) }
  }

  private func note(of trial: Trial) -> String { BodyOwner.trial(trial).makeID(marks) }
}
