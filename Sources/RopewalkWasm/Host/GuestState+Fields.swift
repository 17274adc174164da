import RopewalkCore
import RopewalkPlugins
import Wasmtime

/// `rw_field` of `ropewalk.h`.
enum GuestField: UInt32 {
  case header = 0
  case headers = 1
  case metadata = 2
  case metadataAll = 3
  case customerID = 4
  case integrationID = 5
  case setting = 6
  case settings = 7
  case script = 8
  case scriptName = 9
  case contentType = 10
}

extension GuestState {
  /// `field`: makes a field the result.
  func field(_ memory: borrowing MemoryView, _ number: UInt32, key: GuestBytes) throws -> Int32 {
    guard let field = GuestField(rawValue: number) else { return GuestStatus.notFound.rawValue }
    let capability: Capability? =
      switch field {
      case .metadata, .metadataAll: .getMessageMetadata
      case .customerID: .getCustomerID
      case .integrationID: .getIntegrationID
      default: nil
      }
    if let capability, !isGranted(capability) { return GuestStatus.denied.rawValue }
    guard let bytes = try value(of: field, memory, key) else { return GuestStatus.notFound.rawValue }
    return answer(bytes)
  }

  private func value(of field: GuestField, _ memory: borrowing MemoryView, _ key: GuestBytes) throws -> [UInt8]? {
    switch field {
    case .header: try text(key, memory).flatMap { message?.headers[$0] }?.bytes
    case .headers: message.map { $0.headers.json.serialised() }
    case .metadata: try text(key, memory).flatMap { message?.metadataField($0) }?.bytes
    case .metadataAll: message.map { JSON.object(metadata(of: $0)).serialised() }
    case .customerID: customerID.bytes
    case .integrationID: program.integrationID.bytes
    case .setting: try text(key, memory).flatMap { program.settings[$0] }?.bareBytes
    case .settings: program.settingsText
    case .script: program.script?.bundle.code
    case .scriptName: program.script?.name.bytes
    case .contentType: message?.contentType.bytes
    }
  }

  /// What of it has a capability of its own is there with that.
  private func metadata(of message: Message) -> JSONObject {
    var metadata = message.metadataFields
    if program.capabilities.contains(.getCustomerID) {
      metadata["customerID"] = .string(message.metadata.customerID)
      metadata["tenantID"] = .string(message.metadata.tenantID)
    }
    if program.capabilities.contains(.getIntegrationID) { metadata["integrationID"] = .string(message.metadata.integrationID) }
    return metadata
  }

  /// Bytes of a key, beyond which there is nothing of that name.
  private static var maxKeyLength: UInt32 { 64 << 10 }

  private func text(_ key: GuestBytes, _ memory: borrowing MemoryView) throws -> String? {
    guard key.length <= Self.maxKeyLength else { return nil }
    return try memory.string(at: key.offset, count: key.length)
  }
}

extension String {
  fileprivate var bytes: [UInt8] { Array(utf8) }
}

extension JSON {
  /// Strings bare, everything else as JSON.
  fileprivate var bareBytes: [UInt8] {
    if case .string(let text) = self { text.bytes } else { serialised() }
  }
}

extension MessageHeaders {
  /// `[["name","value"],…]`
  fileprivate var json: JSON {
    .array(fields.map { [.string($0.name), .string($0.value)] })
  }
}

extension Message {
  /// The names that guests know, and no others: a message has more than they may see.
  fileprivate func metadataField(_ name: String) -> String? {
    switch name {
    case "messageID": id
    case "correlationID": metadata.correlationID
    case "traceID": metadata.traceID
    case "source": metadata.source
    case "timestamp": timestamp.description
    case "contentType": contentType
    default: nil
    }
  }

  fileprivate var metadataFields: JSONObject {
    [
      "messageID": .string(id),
      "correlationID": .string(metadata.correlationID),
      "traceID": .string(metadata.traceID),
      "source": .string(metadata.source),
      "timestamp": .string(timestamp.description),
      "contentType": .string(contentType),
    ]
  }
}
