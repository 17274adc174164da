import RopewalkCore
import RopewalkFunctions

/// The formats of strings that structural schemas know; others check nothing.
enum SchemaFormat {
  static func accepts(_ text: String, as format: String) -> Bool {
    switch format {
    case "duration": Duration(parsing: text) != nil
    case "byte": Base64.decode(text) != nil
    case "date-time", "date", "email", "hostname", "ipv4", "ipv6", "uri", "uuid":
      StringFormat.check(format, draft: .draft2020_12)?(text) ?? true
    default: true
    }
  }
}
