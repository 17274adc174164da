import RopewalkCore

/// The members of a map being read. A key without a value (`config:`) counts as absent.
struct YAMLMap {
  let field: YAMLField
  private let members: [YAMLMember]

  /// Known keys that an unknown one was probably meant to be; their absence is not reported a second time.
  private let misspelled: Set<String>

  init(field: YAMLField, members: [YAMLMember], misspelled: Set<String>) {
    self.field = field
    self.members = members
    self.misspelled = misspelled
  }

  /// The member; nil when it is absent.
  subscript(key: String) -> YAMLField? {
    guard let member = members.first(where: { $0.key == key }), !member.value.isNull else { return nil }
    return field.child(key, member.value)
  }

  /// The member, also when its value is null: for keys under which null is a value like any other.
  func memberEvenNull(_ key: String) -> YAMLField? {
    members.first { $0.key == key }.map { field.child(key, $0.value) }
  }

  func presentEvenNull(_ keys: [String]) -> [String] { keys.filter { memberEvenNull($0) != nil } }

  func has(_ key: String) -> Bool { self[key] != nil }

  func keyMark(_ key: String) -> SourceMark? {
    members.first { $0.key == key }?.keyMark
  }

  /// The member; reports its absence.
  func required(_ key: String, example: String) -> YAMLField? {
    if let present = self[key] { return present }
    missing(key, "missing", remedy: "add \(key): \(example)")
    return nil
  }

  /// Reports that a key should be here; at the key when it is written but has no value.
  func missing(_ key: String, _ message: String, remedy: String) {
    let path = field.path.isEmpty ? key : "\(field.path).\(key)"
    if misspelled.contains(key) { return }
    field.findings.error(at: keyMark(key) ?? field.mark, field: path, message, remedy: remedy)
  }

  /// The keys of these that are present, in the order given.
  func present(_ keys: [String]) -> [String] { keys.filter(has) }

  // MARK: Values with defaults

  func duration(_ key: String, in range: ClosedRange<Duration>, default fallback: Duration) -> Duration {
    self[key].flatMap { $0.duration(in: range) } ?? fallback
  }

  func size(_ key: String, in range: ClosedRange<ByteCount>, default fallback: ByteCount) -> ByteCount {
    self[key].flatMap { $0.size(in: range) } ?? fallback
  }

  func int(_ key: String, in range: ClosedRange<Int>, default fallback: Int) -> Int {
    self[key].flatMap { $0.int(in: range) } ?? fallback
  }

  func double(_ key: String, in range: ClosedRange<Double>, default fallback: Double) -> Double {
    self[key].flatMap { $0.double(in: range) } ?? fallback
  }

  func bool(_ key: String, default fallback: Bool) -> Bool {
    self[key].flatMap { $0.bool() } ?? fallback
  }

  /// A map of text to text.
  func strings(_ key: String, example: String) -> [(key: String, value: String)] {
    (self[key]?.entries(example: example) ?? []).compactMap { entry in
      entry.value.string("text", example: "text").map { (entry.key, $0) }
    }
  }
}
