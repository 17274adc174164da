import CYaml
import RopewalkCore

/// YAML 1.2 (core schema) to JSON, over libyaml's events.
///
/// Aliases are followed under a bound, before anything is expanded: Yams' own composer hashes mapping keys with their
/// aliases expanded, which a few hundred bytes of nested aliases turn into hours.
struct YAMLToJSON {
  /// What aliases may add to a document, in nodes and bytes of text together.
  static let maxAliasExpansion = 1 << 20

  /// A node with what it counts for.
  private struct Loaded {
    var value: JSON
    /// Nodes and bytes of text in it.
    var weight = 1
    /// Levels of nesting in it.
    var height = 0
  }

  private var anchors: [String: Loaded] = [:]
  private var expansion = 0
  private var depth = 0

  /// Converts the only document of `text`. A text without a document is null.
  static func convert(_ text: String) throws(FunctionError) -> JSON {
    var converter = YAMLToJSON()
    return try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(FunctionError) in
      try converter.document(YAMLEvents(bytes))
    }
  }

  private mutating func document(_ events: YAMLEvents) throws(FunctionError) -> JSON {
    try events.advance()
    try events.advance()
    guard events.type != YAML_STREAM_END_EVENT else { return .null }
    try events.advance()
    let value = try node(events).value
    try events.advance()
    try events.advance()
    guard events.type == YAML_STREAM_END_EVENT else {
      throw events.error("a second document starts here; only one is read")
    }
    return value
  }

  /// Reads the node whose first event is the current one; the last one is current afterwards.
  private mutating func node(_ events: YAMLEvents) throws(FunctionError) -> Loaded {
    let anchor = events.anchor
    let node: Loaded
    switch events.type {
    case YAML_ALIAS_EVENT: return try alias(anchor ?? "", events)
    case YAML_SCALAR_EVENT:
      let scalar = events.scalar
      node = Loaded(value: try YAMLScalar.resolve(scalar, at: events), weight: scalar.text.utf8.count + 1)
    case YAML_SEQUENCE_START_EVENT: node = try sequence(events)
    default: node = try mapping(events)
    }
    if let anchor { anchors[anchor] = node }
    return node
  }

  private mutating func alias(_ anchor: String, _ events: YAMLEvents) throws(FunctionError) -> Loaded {
    guard let node = anchors[anchor] else { throw events.error("the alias '*\(anchor.prefix(64))' has no anchor before it") }
    expansion += node.weight
    guard expansion <= Self.maxAliasExpansion else {
      throw events.error("aliases expand to more than \(Self.maxAliasExpansion) bytes", code: .functionLimit)
    }
    guard depth + node.height <= JSON.maxNesting else { throw events.tooDeep }
    return node
  }

  private mutating func sequence(_ events: YAMLEvents) throws(FunctionError) -> Loaded {
    try enter(events, tag: "seq")
    defer { depth -= 1 }
    var elements: [JSON] = []
    var loaded = Loaded(value: .null)
    try events.advance()
    while events.type != YAML_SEQUENCE_END_EVENT {
      let element = try node(events)
      elements.append(element.value)
      loaded.weight += element.weight
      loaded.height = max(loaded.height, element.height + 1)
      try events.advance()
    }
    loaded.value = .array(elements)
    return loaded
  }

  private mutating func mapping(_ events: YAMLEvents) throws(FunctionError) -> Loaded {
    try enter(events, tag: "map")
    defer { depth -= 1 }
    var object = JSONObjectBuilder()
    var loaded = Loaded(value: .null)
    try events.advance()
    while events.type != YAML_MAPPING_END_EVENT {
      let place = events.place
      let key = try key(events)
      try events.advance()
      let member = try node(events)
      guard object.set(key, to: member.value) else { throw events.error("the key '\(key.prefix(64))' is written twice", at: place) }
      loaded.weight += member.weight + key.utf8.count
      loaded.height = max(loaded.height, member.height + 1)
      try events.advance()
    }
    loaded.value = .object(object.finish())
    return loaded
  }

  private func key(_ events: YAMLEvents) throws(FunctionError) -> String {
    if events.type == YAML_ALIAS_EVENT, case .string(let text) = anchors[events.anchor ?? ""]?.value { return text }
    guard events.type == YAML_SCALAR_EVENT else { throw events.error("a key must be a single value to become JSON") }
    let scalar = events.scalar
    guard scalar.text != "<<" || scalar.isQuoted else {
      throw events.error("merge keys are not part of YAML 1.2; write the members out")
    }
    return scalar.text
  }

  private mutating func enter(_ events: YAMLEvents, tag: String) throws(FunctionError) {
    depth += 1
    guard depth <= JSON.maxNesting else { throw events.tooDeep }
    guard events.tag.isEmpty || events.tag == "tag:yaml.org,2002:\(tag)" else {
      throw events.error("the tag '\(events.tag.prefix(64))' has no JSON form")
    }
  }
}
