import RopewalkCore
import RopewalkJournal

/// The ledger of a journal, with its total.
struct LedgerReport {
  let entries: [LedgerEntry]
  let total: LedgerEntry

  init(_ entries: [LedgerEntry]) {
    self.entries = entries
    self.total = entries.reduce(into: LedgerEntry(integrationID: "", customerID: "")) { $0.add($1) }
  }

  var unbalanced: [LedgerEntry] { entries.filter { !$0.balances } }

  /// Says which lines do not hold, and by how much.
  var complaint: String {
    let lines = unbalanced.map { entry in
      let missing = entry.accepted - entry.ended - entry.inFlight
      return "\(entry.isOfUnknown ? "messages of nobody knows whom" : "\(entry.integrationID) of \(entry.customerID)") by \(missing)"
    }
    return "the ledger does not balance: \(lines.joined(separator: ", ")); keep the journal as it is and report this"
  }

  func text(now: Timestamp = .now) -> String {
    guard !entries.isEmpty else { return "nothing was accepted yet" }
    var table = Table(
      "INTEGRATION",
      "CUSTOMER",
      "ACCEPTED",
      "DELIVERED",
      "FILTERED",
      "DEAD-LETTERED",
      "IN FLIGHT",
      "OLDEST",
      "DUPLICATES",
      "BALANCE"
    )
    for entry in entries { table.rows.append(row(entry, now)) }
    var sum = row(total, now)
    sum[0] = "total"
    sum[1] = ""
    table.rows.append(sum)
    return table.text()
  }

  func json(now: Timestamp = .now) -> JSON {
    [
      "balances": .bool(unbalanced.isEmpty),
      "lines": .array(entries.map { $0.json(now: now) }),
      "total": total.json(now: now),
    ]
  }

  private func row(_ entry: LedgerEntry, _ now: Timestamp) -> [String] {
    let counts = [entry.accepted, entry.delivered, entry.filtered, entry.deadLettered, entry.inFlight].map(PayloadText.grouped)
    return [entry.integrationID, entry.customerID].map { TerminalText.line($0, width: 40) } + counts + [
      entry.oldestInFlight.map { Age.text(of: $0, now: now) } ?? "-", PayloadText.grouped(entry.duplicates),
      entry.balances ? "ok" : "BROKEN",
    ]
  }
}

extension LedgerEntry {
  var isOfUnknown: Bool { integrationID == Self.unknown }

  /// Pairs that have their end.
  var ended: Int { delivered + filtered + deadLettered }

  mutating func add(_ other: LedgerEntry) {
    accepted += other.accepted
    delivered += other.delivered
    filtered += other.filtered
    deadLettered += other.deadLettered
    inFlight += other.inFlight
    duplicates += other.duplicates
    oldestInFlight = [oldestInFlight, other.oldestInFlight].compactMap(\.self).min()
  }

  /// Names only where there are some: the total has none.
  func json(now: Timestamp) -> JSON {
    var object = JSONObject()
    if !integrationID.isEmpty {
      object["integration"] = .string(integrationID)
      object["customer"] = .string(customerID)
    }
    let counts = [
      ("accepted", accepted), ("delivered", delivered), ("filtered", filtered), ("deadLettered", deadLettered), ("inFlight", inFlight),
      ("duplicates", duplicates),
    ]
    for (name, count) in counts { object[name] = .number(JSONNumber(count)) }
    object["oldestInFlight"] = oldestInFlight.map { .string($0.description) } ?? .null
    object["oldestInFlightSeconds"] =
      oldestInFlight.map { .number(JSONNumber(Int(max(0, now.nanoseconds - $0.nanoseconds) / 1_000_000_000))) } ?? .null
    object["balances"] = .bool(balances)
    return .object(object)
  }
}
