import RopewalkCore

/// What became of every message that was accepted, held against the delivery law.
struct Verdict {
  var accepted = 0
  var large = 0
  var delivered = 0
  var filtered = 0
  var deadLettered = 0
  var duplicates = 0
  var failedRequests = 0
  /// What else was counted.
  var counts: [(name: String, count: Int)] = []
  /// What `ropewalk audit` printed for people.
  var ledger = ""
  /// What breaks the law, in plain words.
  var breaches: [String] = []

  /// - Parameters:
  ///   - messages: each message that was answered with 202.
  ///   - deliveries: how often each arrived, by destination.
  ///   - letters: the destinations of each message's dead letters.
  ///   - audit: what `ropewalk audit` printed, with nothing in flight.
  init(messages: [String: Payload], deliveries: [String: [String: Int]], letters: [String: Set<String>], audit: Audit) {
    accepted = messages.count
    large = messages.values.count(where: \.isLarge)
    for (id, payload) in messages.sorted(by: { $0.key < $1.key }) {
      judge(id, payload.fate, arrivals: deliveries.compactMapValues { $0[id] }, letters: letters[id] ?? [])
    }
    for (destination, arrived) in deliveries {
      for id in arrived.keys where messages[id] == nil { breaches.append("\(destination) got \(id), which nobody was told is accepted") }
    }
    breaches += audit.breaches
    // What was accepted while its sender's answer was lost was sent again and is in the journal once.
    if audit.accepted != messages.count * 2 {
      breaches.append("the ledger has \(audit.accepted) pairs accepted, there were \(messages.count) messages for 2 destinations")
    }
  }

  private mutating func judge(_ id: String, _ fate: Fate, arrivals: [String: Int], letters: Set<String>) {
    duplicates += arrivals.values.reduce(0) { $0 + $1 - 1 }
    let missing = fate.deliveries.subtracting(arrivals.keys)
    if !missing.isEmpty { breaches.append("\(id) (\(fate.rawValue)) never arrived at \(missing.sorted().joined(separator: " and "))") }
    let surplus = Set(arrivals.keys).subtracting(fate.deliveries)
    if !surplus.isEmpty { breaches.append("\(id) (\(fate.rawValue)) arrived at \(surplus.sorted().joined(separator: " and "))") }
    if letters != fate.deadLetters {
      breaches.append("\(id) (\(fate.rawValue)) has dead letters for \(letters.sorted()), expected \(fate.deadLetters.sorted())")
    }
    switch fate {
    case .deliver: delivered += 1
    case .filter: filtered += 1
    case .refuse, .fail: deadLettered += 1
    }
  }

  /// Tables that people can read: what was counted outside of Ropewalk, and the ledger.
  func text(_ title: String) -> String {
    let rows =
      [
        ("accepted (202)", accepted), ("  delivered to both", delivered), ("  filtered", filtered), ("  with dead letters", deadLettered),
        ("  of all, over 256 KiB", large), ("deliveries made twice", duplicates), ("requests that failed", failedRequests),
      ] + counts + [("breaches of the law", breaches.count)]
    let width = rows.map(\.0.count).max() ?? 0
    var lines = [title]
    for (name, count) in rows {
      let number = String(count)
      lines.append("  " + name + String(repeating: " ", count: width - name.count + 10 - number.count) + number)
    }
    lines += breaches.prefix(20).map { "  BREACH: \($0)" }
    lines += ["", "  ropewalk audit"] + ledger.split(separator: "\n").map { "  \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The sums that `ropewalk audit` prints.
struct Audit {
  var accepted = 0
  var inFlight = 0
  var breaches: [String] = []

  init(_ json: JSON) {
    for line in json["lines"]?.array ?? [] {
      func count(_ name: String) -> Int { line[name]?.int ?? 0 }
      accepted += count("accepted")
      inFlight += count("inFlight")
      let sum = count("delivered") + count("filtered") + count("deadLettered") + count("inFlight")
      if sum != count("accepted") {
        breaches.append(
          "the ledger of \(line["customer"]?.string ?? "?") does not balance: \(count("accepted")) accepted, \(sum) accounted for"
        )
      }
    }
  }
}
