import RopewalkCore

/// An object without anything but its metadata: `PartialObjectMetadata` of `meta.k8s.io/v1`.
enum PartialObject {
  static func json(of object: JSON) -> JSON {
    ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:]]
  }
}
