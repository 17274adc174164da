import RopewalkCore

/// Puts a map together: keys are text, no key comes twice, `<<` brings in the members of other maps.
struct YAMLMapBuilder {
  private let findings: Findings
  private var members: [YAMLMember] = []
  private var places: [String: SourceMark] = [:]
  private var merged: [YAMLMember] = []

  init(findings: Findings) {
    self.findings = findings
  }

  mutating func add(key: YAMLNode, value: YAMLNode) {
    guard case .scalar(let scalar) = key.content else {
      if case .broken = key.content { return }
      findings.error(at: key.mark, "a key must be text, found \(key.found)", remedy: "put the text in quotes when it begins with a bracket")
      return
    }
    if scalar.text == "<<", scalar.style == .plain { return merge(value) }
    if let first = places[scalar.text] {
      findings.error(
        at: key.mark,
        "the key \"\(scalar.text)\" is here twice, first in line \(first.line)",
        remedy: "remove one of them"
      )
      return
    }
    places[scalar.text] = key.mark
    members.append(YAMLMember(key: scalar.text, keyMark: key.mark, value: value))
  }

  /// The map's own members, then the merged ones that it does not have itself.
  consuming func finished() -> [YAMLMember] {
    for member in merged where places.updateValue(member.keyMark, forKey: member.key) == nil {
      members.append(member)
    }
    return members
  }

  private mutating func merge(_ value: YAMLNode) {
    switch value.content {
    case .map(let members): merged += members
    case .list(let maps):
      for map in maps {
        guard case .map(let members) = map.content else { return refuse(map) }
        merged += members
      }
    case .scalar: refuse(value)
    case .broken: return
    }
  }

  private func refuse(_ value: YAMLNode) {
    findings.error(
      at: value.mark,
      "<< takes a map or a list of maps, found \(value.found)",
      remedy: "write an alias of a map, such as <<: *defaults"
    )
  }
}
