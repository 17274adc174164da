import Logging
import Synchronization

/// What keeps the run from working just now and is tried again until it does. Each is logged when it begins and when it ends.
final class Faults: Sendable {
  struct Place: Hashable {
    let name: String

    static let journalAppend = Place(name: "journal.append")
    static let journalRead = Place(name: "journal.read")
    static let journalSettle = Place(name: "journal.settle")
    static let deadLetters = Place(name: "journal.dead-letters")
    var isConnection: Bool { name.hasPrefix("incoming.") || name.hasPrefix("outgoing.") }

    static func destination(_ name: String) -> Place { Place(name: "outgoing.\(name)") }
    static func incoming(_ name: String) -> Place { Place(name: "incoming.\(name)") }
  }

  private let standing = Mutex<[Place: String]>([:])
  private let isAny = Atomic(false)
  private let logger: Logger

  init(logger: Logger) {
    self.logger = logger
  }

  /// What is wrong now, in plain words, by place.
  var texts: [String] {
    standing.withLock { $0.sorted { $0.key.name < $1.key.name }.map(\.value) }
  }

  /// The connections among the places.
  var connections: [String] {
    standing.withLock { $0.keys.filter(\.isConnection).map(\.name).sorted() }
  }

  func report(_ place: Place, _ text: String) {
    let isNew = standing.withLock { standing in
      // Under the lock, so that it does not pass for cleared with another one.
      isAny.store(true, ordering: .relaxed)
      return standing.updateValue(text, forKey: place) == nil
    }
    if isNew {
      logger.error("Something keeps the integration from working", metadata: ["ropewalk.place": "\(place.name)", "error": "\(text)"])
    }
  }

  func clear(_ place: Place) {
    guard isAny.load(ordering: .relaxed) else { return }
    let wasStanding = standing.withLock { standing in
      defer { isAny.store(standing.count > 0, ordering: .relaxed) }
      return standing.removeValue(forKey: place) != nil
    }
    if wasStanding { logger.info("The integration works again", metadata: ["ropewalk.place": "\(place.name)"]) }
  }
}
