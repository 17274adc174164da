public import RopewalkCore

/// A kind of object as the API offers it.
public struct ResourceType: Sendable, Hashable {
  /// `ropewalk.dev`; empty for the core group.
  public var group: String
  /// `v1`
  public var version: String
  /// `Integration`
  public var kind: String
  /// `integrations`
  public var plural: String
  /// `integration`
  public var singular: String
  public var shortNames: [String]
  public var categories: [String]
  public var isNamespaced: Bool
  /// Whether `status` is written apart from the rest.
  public var hasStatus: Bool
  /// OpenAPI v3 structural schema of the whole object; nil when anything goes.
  public var schema: JSON?
  /// What `kubectl get` shows beside the name.
  public var columns: [PrinterColumn]
  /// Whether an object is what a user wants (and has a `generation`), rather than a record such as an event.
  public var hasGeneration: Bool

  public init(
    group: String,
    version: String,
    kind: String,
    plural: String,
    singular: String,
    shortNames: [String] = [],
    categories: [String] = [],
    isNamespaced: Bool = true,
    hasStatus: Bool = false,
    schema: JSON? = nil,
    columns: [PrinterColumn] = [],
    hasGeneration: Bool = true
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.singular = singular
    self.shortNames = shortNames
    self.categories = categories
    self.isNamespaced = isNamespaced
    self.hasStatus = hasStatus
    self.schema = schema
    self.columns = columns
    self.hasGeneration = hasGeneration
  }

  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  public var collection: ResourceCollection { ResourceCollection(group: group, plural: plural) }
}

/// One column of a table of objects, as a CustomResourceDefinition has it.
public struct PrinterColumn: Sendable, Hashable {
  public var name: String
  /// `string`, `integer`, `number`, `boolean` or `date`.
  public var type: String
  /// `.spec.size`
  public var jsonPath: String
  public var description: String
  /// Columns above 0 are shown with `-o wide` only.
  public var priority: Int

  public init(name: String, type: String = "string", jsonPath: String, description: String = "", priority: Int = 0) {
    self.name = name
    self.type = type
    self.jsonPath = jsonPath
    self.description = description
    self.priority = priority
  }
}

/// Where the objects of one kind are kept, whatever version they are written in.
public struct ResourceCollection: Sendable, Hashable {
  public var group: String
  public var plural: String

  public init(group: String, plural: String) {
    self.group = group
    self.plural = plural
  }
}

/// Which object.
public struct ResourceKey: Sendable, Hashable {
  public var collection: ResourceCollection
  /// Empty for kinds that have no namespace.
  public var namespace: String
  public var name: String

  public init(_ collection: ResourceCollection, namespace: String = "", name: String) {
    self.collection = collection
    self.namespace = namespace
    self.name = name
  }
}
