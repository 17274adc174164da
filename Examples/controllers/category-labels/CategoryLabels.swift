/// Puts each category's parent into a label, so that `kubectl get categories -l parent=tools` finds what is below it.
enum CategoryLabels: Controller {
  static let metadata = JSON.object([
    ("name", .string("category-labels")),
    ("version", .string("1.0.0")),
    ("kinds", .array([.string("inventory.example.com/v1alpha1.Category")])),
    ("capabilities", .array([.string("reconcile")])),
  ])

  static func reconcile(_ reference: JSON) throws(Rejection) -> JSON {
    do throws(Refusal) {
      let category = try Client.get(reference)
      let parent = category["spec"]["parent"]
      let label = category["metadata"]["labels"]["parent"]
      if label.text != parent.text {
        // Null takes the label away.
        let labels = JSON.object([("parent", parent.text.isEmpty ? .null : parent)])
        _ = try Client.patch(reference, .object([("metadata", .object([("labels", labels)]))]))
      }
      return .null
    } catch {
      if error.isNotFound { return .null }
      throw Rejection(error)
    }
  }
}

typealias ControllerType = CategoryLabels
