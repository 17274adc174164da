import RopewalkCore

/// A path into an object as printer columns have it: `.spec.size`, `.status.conditions[?(@.type=="Ready")].status`,
/// `.metadata.labels['app']`, `.spec.items[*].name`, `.spec.items[0]`.
///
/// The part of Kubernetes' JSONPath that finds values; no recursion and no templates.
struct JSONPath: Sendable, Hashable {
  enum Step: Sendable, Hashable {
    case member(String)
    case element(Int)
    case every
    /// Elements whose member (empty: which themselves) is, or is not, the text.
    case matching(path: [String], value: String, isEqual: Bool)
  }

  var steps: [Step]

  /// Nil when the text is no such path.
  init?(_ text: String) {
    var reader = JSONPathReader(text)
    guard let steps = reader.steps() else { return nil }
    self.steps = steps
  }

  /// Every value that the path leads to, in order; none where something on the way is missing.
  func values(in root: JSON) -> [JSON] {
    var (value, rest) = (root, steps[...])
    // Nearly every path begins with members, and most are nothing else: no lists are made for those.
    while case .member(let key)? = rest.first {
      guard let next = value[key] else { return [] }
      (value, rest) = (next, rest.dropFirst())
    }
    var current = [value]
    for step in rest {
      current = current.flatMap { Self.take(step, from: $0) }
      if current.isEmpty { break }
    }
    return current
  }

  private static func take(_ step: Step, from value: JSON) -> [JSON] {
    switch step {
    case .member(let key): return value[key].map { [$0] } ?? []
    case .element(let index):
      guard let array = value.array else { return [] }
      let place = index < 0 ? array.count + index : index
      return array.indices.contains(place) ? [array[place]] : []
    case .every: return value.array ?? value.object?.members.map(\.value) ?? []
    case .matching(let path, let expected, let isEqual):
      return (value.array ?? []).filter { element in
        let found = path.reduce(Optional(element)) { $0?[$1] }
        return found.map { ($0.plainText == expected) == isEqual } ?? false
      }
    }
  }
}

extension JSON {
  /// A value as a person reads it: texts without quotes, anything else as JSON.
  var plainText: String { string ?? text() }
}
