import RopewalkCore

/// The schemas of schemas, which a `$ref` can lead to without anything being fetched.
enum MetaSchemas {
  /// A meta-schema by its URI; nil when there is none.
  static func document(_ uri: String) -> JSON? { documents[uri] }

  private static let documents: [String: JSON] = {
    var documents: [String: JSON] = [:]
    for text in [draft7] + draft2020_12 {
      guard let document = try? JSON.parse(text), let id = document["$id"]?.string else { continue }
      documents[SchemaURI.split(id).uri] = document
    }
    return documents
  }()
}
