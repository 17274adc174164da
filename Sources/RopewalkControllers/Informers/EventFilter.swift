package import RopewalkResources

/// Which changes of objects a controller hears of (what others call a predicate). Objects that were added or deleted pass every
/// filter about modifications.
package struct EventFilter: Sendable {
  private let passes: @Sendable (ObjectChange) -> Bool

  package init(_ passes: @escaping @Sendable (ObjectChange) -> Bool) {
    self.passes = passes
  }

  package func allows(_ change: ObjectChange) -> Bool { passes(change) }

  package static let everything = EventFilter { _ in true }

  /// What is wanted has changed, or deletion was asked for: writes of `status` and of labels do not pass.
  package static let generationChanged = EventFilter { change in
    guard let old = change.old?.metadata else { return true }
    let new = change.object.metadata
    return old.generation != new.generation || old.deletionTimestamp != new.deletionTimestamp || old.uid != new.uid
  }

  package static let labelsChanged = EventFilter { change in
    guard let old = change.old else { return true }
    return old.metadata.labels != change.object.metadata.labels
  }

  package static let annotationsChanged = EventFilter { change in
    guard let old = change.old else { return true }
    return old.metadata.annotations != change.object.metadata.annotations
  }

  /// Objects that have such labels, or had them before the change: a controller learns that one is no longer its own.
  package static func labels(_ selector: LabelSelector) -> EventFilter {
    EventFilter { change in
      selector.matches(change.object.metadata.labels) || change.old.map { selector.matches($0.metadata.labels) } == true
    }
  }

  package static func && (left: EventFilter, right: EventFilter) -> EventFilter {
    EventFilter { left.allows($0) && right.allows($0) }
  }

  package static func || (left: EventFilter, right: EventFilter) -> EventFilter {
    EventFilter { left.allows($0) || right.allows($0) }
  }
}
