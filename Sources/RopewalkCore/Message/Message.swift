/// What flows: one payload on its way from an incoming connector to its destinations, always with its customer.
///
/// A message is a value. Steps replace its payload; nothing else of it changes on the way.
public struct Message: Sendable, Equatable {
  /// Unique within the integration's de-duplication window. At most ``Message/maxIDLength`` bytes of UTF-8.
  public var id: String
  /// The bytes as they came, or as the last step left them.
  public var payload: [UInt8]
  /// The media type of ``payload``, such as `application/json`; empty when the sender named none.
  public var contentType: String
  public var metadata: MessageMetadata
  public var headers: MessageHeaders
  /// When the incoming connector took the message over.
  public var timestamp: Timestamp

  public init(
    id: String = MessageID.next(),
    payload: [UInt8],
    contentType: String = "",
    metadata: MessageMetadata = MessageMetadata(),
    headers: MessageHeaders = MessageHeaders(),
    timestamp: Timestamp = .now
  ) {
    self.id = id
    self.payload = payload
    self.contentType = contentType
    self.metadata = metadata
    self.headers = headers
    self.timestamp = timestamp
  }

  /// The longest accepted message id, in bytes.
  public static let maxIDLength = 256
}
