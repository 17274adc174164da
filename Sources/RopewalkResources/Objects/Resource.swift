public import RopewalkCore

/// One declared object: what is wanted (`spec`), and what is (`status`).
///
/// The value is a document: whatever a kind has beside its envelope stays as it was written, in order and to the digit.
public struct Resource: Sendable, Hashable {
  /// `group/version`, or `version` alone for the core group.
  public var apiVersion: String
  public var kind: String
  public var metadata: ResourceMetadata
  /// Everything beside `apiVersion`, `kind` and `metadata`: `spec`, `status`, and for some kinds others, such as `rules`.
  public var fields: JSONObject

  public init(apiVersion: String, kind: String, metadata: ResourceMetadata, fields: JSONObject = JSONObject()) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.metadata = metadata
    self.fields = fields
  }

  public var spec: JSON? {
    get { fields["spec"] }
    set { fields["spec"] = newValue }
  }

  public var status: JSON? {
    get { fields["status"] }
    set { fields["status"] = newValue }
  }
}
