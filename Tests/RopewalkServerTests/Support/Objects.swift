/// Objects that tests write.
enum Objects {
  static func integration(_ name: String, labels: String = "{}", url: String = "http://127.0.0.1:1/") -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata:
      name: \(name)
      labels: \(labels)
    spec:
      customer: acme
      incoming: { type: timer, config: { every: 1h } }
      outgoing: { type: http, config: { url: "\(url)" } }
    """
  }

  static func customer(_ name: String, id: String = "c-1", labels: String? = nil) -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Customer
    metadata: { name: \(name)\(labels.map { ", labels: \($0)" } ?? "") }
    spec: { id: \(id), limits: { weight: 2 } }
    """
  }

  static let itemDefinition = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: { name: items.inventory.example.com }
    spec:
      group: inventory.example.com
      scope: Namespaced
      names: { plural: items, singular: item, kind: Item, shortNames: [it] }
      versions:
      - name: v1alpha1
        served: true
        storage: true
        subresources: { status: {} }
        additionalPrinterColumns:
        - { name: Size, type: integer, jsonPath: .spec.size, description: How large it is }
        - { name: Colour, type: string, jsonPath: .spec.colour, priority: 1 }
        - { name: Age, type: date, jsonPath: .metadata.creationTimestamp }
        schema:
          openAPIV3Schema:
            type: object
            description: A thing on a shelf.
            required: [spec]
            properties:
              spec:
                type: object
                required: [size]
                properties:
                  size: { type: integer, minimum: 1, description: How large it is. }
                  colour: { type: string, default: grey, description: Its colour. }
              status:
                type: object
                properties:
                  conditions:
                    type: array
                    items:
                      type: object
                      properties:
                        type: { type: string }
                        status: { type: string }
    """

  static func item(_ name: String, size: Int = 3, extra: String = "") -> String {
    """
    apiVersion: inventory.example.com/v1alpha1
    kind: Item
    metadata: { name: \(name) }
    spec: { size: \(size)\(extra) }
    """
  }
}
