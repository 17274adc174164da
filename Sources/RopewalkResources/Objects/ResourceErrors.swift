package import RopewalkCore

extension ErrorCode {
  /// There is no such object.
  package static let resourceNotFound = ErrorCode("resource.notFound", .notFound)
  /// There is no such kind.
  package static let resourceUnknownKind = ErrorCode("resource.unknownKind", .notFound)
  package static let resourceExists = ErrorCode("resource.exists", .conflict)
  /// Somebody else wrote meanwhile, or a precondition does not hold.
  package static let resourceConflict = ErrorCode("resource.conflict", .conflict)
  /// The object is outside of the rules; the cause is an ``InvalidResource`` with every problem.
  package static let resourceInvalid = ErrorCode("resource.invalid", .rejected)
  /// The document is no object, or has fields that strict validation refuses.
  package static let resourceMalformed = ErrorCode("resource.malformed", .invalid)
  package static let resourceTooLarge = ErrorCode("resource.tooLarge", .invalid)
  /// Refused by a rule of the control plane, such as a namespace that is going.
  package static let resourceForbidden = ErrorCode("resource.forbidden", .denied)
  /// An admission step with `failurePolicy: Fail` gave no answer.
  package static let resourceAdmissionFailed = ErrorCode("resource.admissionFailed", .fault)
  /// Somebody who must have a say in the write cannot be asked yet.
  package static let resourceAdmissionWaits = ErrorCode("resource.admissionWaits", .unavailable)
}

/// One thing wrong with an object, in the terms of Kubernetes.
package struct InvalidField: Sendable, Hashable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    case required = "FieldValueRequired"
    case invalid = "FieldValueInvalid"
    case notSupported = "FieldValueNotSupported"
    case duplicate = "FieldValueDuplicate"
    case forbidden = "FieldValueForbidden"
    case typeInvalid = "FieldValueTypeInvalid"
    case tooLong = "FieldValueTooLong"
    case tooMany = "FieldValueTooMany"
  }

  /// The path, such as `spec.steps[0].type`.
  package var field: String
  package var reason: Reason
  /// What is wrong and what helps.
  package var message: String

  package init(_ field: String, _ reason: Reason, _ message: String) {
    self.field = field
    self.reason = reason
    self.message = message
  }

  package var description: String { field.isEmpty ? message : "\(field): \(message)" }
}

/// Everything that is wrong with an object; the cause of `resource.invalid`.
package struct InvalidResource: Error, Sendable, CustomStringConvertible {
  package var causes: [InvalidField]
  /// Which object that is, where it is known: its `kind` and its name.
  package var kind: String
  package var name: String

  package init(_ causes: [InvalidField], kind: String = "", name: String = "") {
    self.causes = causes
    self.kind = kind
    self.name = name
  }

  package var description: String { causes.map(\.description).joined(separator: "; ") }
}

extension RopewalkError {
  /// What is wrong, when this is `resource.invalid`.
  package var invalidResource: InvalidResource? { cause as? InvalidResource }
  package var invalidFields: [InvalidField] { invalidResource?.causes ?? [] }

  package static func invalid(_ causes: [InvalidField], _ type: ResourceType, _ name: String) -> RopewalkError {
    let listed = causes.count == 1 ? causes[0].description : "[" + causes.map(\.description).joined(separator: ", ") + "]"
    let kind = type.group.isEmpty ? type.kind : "\(type.kind).\(type.group)"
    var error = RopewalkError(.resourceInvalid, "\(kind) \"\(name)\" is invalid: \(listed)")
    error.cause = InvalidResource(causes, kind: type.kind, name: name)
    return error
  }

  package static func notFound(_ key: ResourceKey) -> RopewalkError {
    RopewalkError(.resourceNotFound, "\(key.collection) \"\(key.name)\" not found")
  }

  package static func exists(_ key: ResourceKey) -> RopewalkError {
    RopewalkError(.resourceExists, "\(key.collection) \"\(key.name)\" already exists")
  }

  package static func conflict(_ key: ResourceKey, _ reason: String) -> RopewalkError {
    RopewalkError(.resourceConflict, "Operation cannot be fulfilled on \(key.collection) \"\(key.name)\": \(reason)")
  }

  /// The write lost against another; fetching the object and applying the change again helps.
  package static func changedMeanwhile(_ key: ResourceKey) -> RopewalkError {
    conflict(key, "the object has been modified; please apply your changes to the latest version and try again")
  }
}

extension ResourceCollection: CustomStringConvertible {
  /// `integrations.ropewalk.dev`; the plural alone in the core group.
  public var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}

extension ResourceKey: CustomStringConvertible {
  /// `integrations.ropewalk.dev/default/invoice-sync`
  public var description: String { ([collection.description] + (namespace.isEmpty ? [] : [namespace]) + [name]).joined(separator: "/") }
}
