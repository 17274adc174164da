public import RopewalkCore

/// What every object carries, in the form of Kubernetes.
public struct ResourceMetadata: Sendable, Hashable {
  /// A DNS subdomain of at most 253 bytes, unless its kind says otherwise.
  public var name: String
  /// Set by the writer instead of `name`: the store adds 5 random letters.
  public var generateName: String
  /// Empty for kinds that have no namespace.
  public var namespace: String
  /// Set when the object is made; a name that is used again gets another.
  public var uid: String
  /// Grows with each change of any object of the store; empty before the object is stored.
  public var resourceVersion: String
  /// Grows with each change of what is wanted; changes of `status` and of labels leave it.
  public var generation: Int
  /// Whole seconds, as in Kubernetes.
  public var creationTimestamp: Timestamp?
  /// When deletion was asked for; the object goes when no finalizer is left.
  public var deletionTimestamp: Timestamp?
  public var deletionGracePeriodSeconds: Int?
  public var labels: [String: String]
  public var annotations: [String: String]
  public var ownerReferences: [OwnerReference]
  public var finalizers: [String]
  /// What the envelope has beside these, such as `managedFields`; kept as it is.
  public var others: JSONObject

  public init(
    name: String,
    generateName: String = "",
    namespace: String = "",
    uid: String = "",
    resourceVersion: String = "",
    generation: Int = 0,
    creationTimestamp: Timestamp? = nil,
    deletionTimestamp: Timestamp? = nil,
    deletionGracePeriodSeconds: Int? = nil,
    labels: [String: String] = [:],
    annotations: [String: String] = [:],
    ownerReferences: [OwnerReference] = [],
    finalizers: [String] = [],
    others: JSONObject = JSONObject()
  ) {
    self.name = name
    self.generateName = generateName
    self.namespace = namespace
    self.uid = uid
    self.resourceVersion = resourceVersion
    self.generation = generation
    self.creationTimestamp = creationTimestamp
    self.deletionTimestamp = deletionTimestamp
    self.deletionGracePeriodSeconds = deletionGracePeriodSeconds
    self.labels = labels
    self.annotations = annotations
    self.ownerReferences = ownerReferences
    self.finalizers = finalizers
    self.others = others
  }
}

/// The object that another belongs to, and goes with.
public struct OwnerReference: Sendable, Hashable {
  public var apiVersion: String
  public var kind: String
  public var name: String
  public var uid: String
  public var controller: Bool
  public var blockOwnerDeletion: Bool

  public init(apiVersion: String, kind: String, name: String, uid: String, controller: Bool = false, blockOwnerDeletion: Bool = false) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.uid = uid
    self.controller = controller
    self.blockOwnerDeletion = blockOwnerDeletion
  }
}
