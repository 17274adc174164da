/// The kinds of object that files declare.
enum ObjectKind: String, CaseIterable {
  case integration = "Integration"
  case integrationTest = "IntegrationTest"
  case plugin = "Plugin"

  /// Where such an object belongs when it is met elsewhere.
  var whereItBelongs: String {
    switch self {
    case .integration: "give it to 'ropewalk run' or 'ropewalk validate'"
    case .integrationTest: "give it to 'ropewalk test'"
    case .plugin: "it is the manifest of a plugin; give its folder to 'ropewalk plugin'"
    }
  }

  var withArticle: String { self == .plugin ? "a Plugin" : "an \(rawValue)" }
}
