package import RopewalkCore

/// A point in the order of all changes of a store: the number behind `resourceVersion`. The first change has 1.
package struct StoreVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  package var number: Int64

  package init(_ number: Int64) {
    self.number = number
  }

  /// - Throws: `store.badToken` when the text is no version of any store.
  package init(parsing text: String) throws(RopewalkError) {
    guard let number = Int64(text), number >= 0 else {
      throw RopewalkError(.storeBadToken, "Invalid value: \"\(text.prefix(40))\": a resourceVersion is a number that the store gave")
    }
    self.number = number
  }

  package static let zero = StoreVersion(0)

  package var description: String { String(number) }

  package static func < (left: StoreVersion, right: StoreVersion) -> Bool { left.number < right.number }
}

/// What stands for "the rest of this list": where the page before ended, and as of when the list is.
package struct ContinueToken: Sendable, Hashable {
  package var version: StoreVersion
  /// The last object of the page before.
  package var after: ObjectPath

  package init(version: StoreVersion, after: ObjectPath) {
    self.version = version
    self.after = after
  }

  /// - Throws: `store.badToken`.
  package init(parsing text: String) throws(RopewalkError) {
    let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, parts[0] == "1", let number = Int64(parts[1]), number >= 0,
      case let path = parts[2].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false), path.count == 2
    else { throw RopewalkError(.storeBadToken, "the continue token is none that this server gave; list from the beginning") }
    self.version = StoreVersion(number)
    self.after = ObjectPath(namespace: String(path[0]), name: String(path[1]))
  }

  /// The token's own version, the store's, and the object.
  package var text: String { "1.\(version).\(after.namespace)/\(after.name)" }
}

/// Which object within a collection. Sorts by namespace, then by name, byte by byte, which is the order of lists.
package struct ObjectPath: Sendable, Hashable, Comparable {
  package var namespace: String
  package var name: String

  package init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  package init(_ key: ResourceKey) {
    self.init(namespace: key.namespace, name: key.name)
  }

  package static func < (left: ObjectPath, right: ObjectPath) -> Bool {
    left.namespace == right.namespace ? left.name < right.name : left.namespace < right.namespace
  }
}
