import RopewalkCore
import RopewalkJournal

/// What a node has taken from one step and not finished. Time comes in as a parameter.
struct StepTable {
  /// A message as the run knows it: by its customer and id.
  struct Key: Hashable {
    var customer: String
    var id: String

    init(_ message: Message) {
      customer = message.metadata.customerID
      id = message.id
    }

    init(_ letter: DeadLetter) {
      customer = letter.customer
      id = letter.messageID
    }
  }

  struct Entry {
    let delivered: Delivered
    let note: EntryNote
    /// Where in the stream of accepted messages it stands.
    let position: UInt64
    /// With its payload.
    let message: Message
    /// Not yet finished here.
    var open: Set<String>
    /// Whether it belongs to the lane of replays.
    let isReplay: Bool

    var size: Int { message.payload.count }
  }

  struct Use {
    var count = 0
    var size = 0
  }

  private var keys: [Key: UInt64] = [:]
  /// By the position that the run knows, which grows in the order in which they came.
  private(set) var entries: [UInt64: Entry] = [:]
  /// Taken, and not yet in the run.
  private var staged: [Key: Entry] = [:]
  private(set) var size = 0
  /// In work, by the customer's token in the subject.
  private var customers: [String: Use] = [:]
  /// Taken, and waiting for their customers' shares.
  var parked = ParkedMessages()
  private var last: UInt64 = 0

  var count: Int { entries.count + staged.count }

  /// How many more messages of a customer may be in work: as many in all as are free, so that there is always room for others.
  func room(for customer: String, in limits: NodeLimits) -> Int {
    let use = customers[customer] ?? Use()
    guard use.size < max(1, limits.windowSize.bytes - size) else { return 0 }
    return max(1, limits.window - count) - use.count
  }

  func held(_ key: Key) -> Delivered? { (staged[key] ?? entry(key))?.delivered }

  func entry(_ key: Key) -> Entry? { keys[key].flatMap { entries[$0] } }

  mutating func stage(_ entry: Entry) {
    staged[Key(entry.message)] = entry
    count(entry, 1)
  }

  /// The run did not take it.
  mutating func unstage(_ key: Key) -> Entry? {
    let entry = staged.removeValue(forKey: key)
    if let entry { count(entry, -1) }
    return entry
  }

  /// The run takes it. Returns its position there.
  mutating func enter(_ key: Key) -> UInt64? {
    guard let entry = staged.removeValue(forKey: key) else { return nil }
    return enter(entry, key)
  }

  /// Enters a replay, which the run finds by itself.
  mutating func enterReplay(_ entry: Entry) {
    count(entry, 1)
    _ = enter(entry, Key(entry.message))
  }

  private mutating func enter(_ entry: Entry, _ key: Key) -> UInt64 {
    last += 1
    entries[last] = entry
    keys[key] = last
    return last
  }

  /// Finishes pairs. Returns the entry when none of its pairs is open any more.
  mutating func finish(_ position: UInt64, at destination: String) -> Entry? {
    guard entries[position]?.open.remove(destination) != nil, entries[position]?.open.isEmpty == true,
      let entry = entries.removeValue(forKey: position)
    else { return nil }
    keys[Key(entry.message)] = nil
    count(entry, -1)
    return entry
  }

  /// Everything that must not be given to another node.
  var held: [Delivered] { entries.values.map(\.delivered) + staged.values.map(\.delivered) + parked.all }

  /// Empties the table. Returns what was in it, in order.
  mutating func removeAll() -> [Delivered] {
    defer { self = StepTable() }
    return held.sorted { $0.sequence < $1.sequence }
  }

  private mutating func count(_ entry: Entry, _ sign: Int) {
    let customer = TenantNames.customer(of: entry.delivered.subject)
    size += sign * entry.size
    customers[customer, default: Use()].count += sign
    customers[customer]?.size += sign * entry.size
    if customers[customer]?.count == 0 { customers[customer] = nil }
  }
}
