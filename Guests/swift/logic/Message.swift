import RopewalkABI

/// The message at hand. Only the payload is here; everything else is fetched from the host when it is asked for.
struct Message: ~Copyable {
  private let bytes: UnsafeBufferPointer<UInt8>

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  var payload: Span<UInt8> {
    @_lifetime(borrow self)
    get { _overrideLifetime(Span(_unsafeElements: bytes), borrowing: self) }
  }

  /// The payload as text; what is not UTF-8 in it is replaced.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The payload's media type; empty where nobody said it.
  var contentType: String { (try? Host.field(RW_CONTENT_TYPE)) ?? "" }

  /// The value of a header; upper and lower case are the same.
  func header(_ name: String) -> String? { try? Host.field(RW_HEADER, name) }

  /// All headers as JSON: `[["name","value"],…]`.
  var headers: String { (try? Host.field(RW_HEADERS)) ?? "[]" }

  /// (GetMessageMetadata) One of `messageID`, `correlationID`, `traceID`, `source`, `timestamp`, `contentType`.
  func metadata(_ name: String) throws(HostError) -> String? { try Host.field(RW_METADATA, name) }

  /// (GetMessageMetadata) All of it as a JSON object, with `customerID`, `tenantID` and `integrationID`.
  func allMetadata() throws(HostError) -> String { try Host.field(RW_METADATA_ALL) ?? "{}" }

  /// (GetCustomerID)
  func customerID() throws(HostError) -> String { try Host.field(RW_CUSTOMER_ID) ?? "" }

  /// (GetIntegrationID)
  func integrationID() throws(HostError) -> String { try Host.field(RW_INTEGRATION_ID) ?? "" }
}
