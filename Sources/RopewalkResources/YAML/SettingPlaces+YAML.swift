import RopewalkCore

extension SettingPlaces {
  /// The places of a value and of everything in it.
  init(of field: YAMLField) {
    self.init(field: field.path)
    record(field.node, at: [])
  }

  private mutating func record(_ node: YAMLNode, at path: [String]) {
    marks[path] = node.mark
    switch node.content {
    case .map(let members):
      for member in members { record(member.value, at: path + [member.key]) }
    case .list(let items):
      for (index, item) in items.enumerated() { record(item, at: path + [String(index)]) }
    case .scalar(let scalar):
      if scalar.isUnresolved { unresolved.insert(path) }
    case .broken: break
    }
  }
}
