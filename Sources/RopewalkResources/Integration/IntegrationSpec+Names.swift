extension IntegrationSpec {
  /// Gives a name to every connection and step that the file gave none: connections their type, with `-2`, `-3` …
  /// where it is taken; steps their kind and place, with the destination's name in front of a destination's own.
  mutating func fillInNames(besides given: Set<String>) {
    var taken = given
    func free(_ name: String) -> String {
      var candidate = name
      var number = 2
      while !taken.insert(candidate).inserted {
        candidate = "\(name)-\(number)"
        number += 1
      }
      return candidate
    }
    for index in incoming.indices where incoming[index].name.isEmpty {
      incoming[index].name = free(incoming[index].type)
    }
    for index in outgoing.indices where outgoing[index].connection.name.isEmpty {
      outgoing[index].connection.name = free(outgoing[index].connection.type)
    }
    for index in steps.indices where steps[index].name.isEmpty {
      steps[index].name = free("\(steps[index].kind.rawValue)-\(index + 1)")
    }
    for destination in outgoing.indices {
      let prefix = outgoing[destination].connection.name
      for index in outgoing[destination].steps.indices where outgoing[destination].steps[index].name.isEmpty {
        outgoing[destination].steps[index].name = free("\(prefix)-\(outgoing[destination].steps[index].kind.rawValue)-\(index + 1)")
      }
    }
  }
}
