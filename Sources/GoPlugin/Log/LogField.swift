import FoundationEssentials
import Logging

/// A value in a structured log line.
enum LogField: Codable, Sendable {
  case string(String)
  case array([LogField])
  case object([String: LogField])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      self = .string(text)
    } else if value.decodeNil() {
      self = .string("null")
    } else if let flag = try? value.decode(Bool.self) {
      self = .string("\(flag)")
    } else if let number = try? value.decode(Int64.self) {
      self = .string("\(number)")
    } else if let number = try? value.decode(Double.self) {
      self = .string("\(number)")
    } else if let array = try? value.decode([LogField].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: LogField].self))
    }
  }

  init(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): self = .string(text)
    case .stringConvertible(let value): self = .string("\(value)")
    case .array(let values): self = .array(values.map(LogField.init))
    case .dictionary(let values): self = .object(values.mapValues(LogField.init))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .string(let text): try value.encode(text)
    case .array(let fields): try value.encode(fields)
    case .object(let fields): try value.encode(fields)
    }
  }

  var metadata: Logger.MetadataValue {
    switch self {
    case .string(let text): .string(text)
    case .array(let fields): .array(fields.map(\.metadata))
    case .object(let fields): .dictionary(fields.mapValues(\.metadata))
    }
  }
}
