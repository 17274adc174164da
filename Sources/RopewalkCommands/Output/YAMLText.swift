import RopewalkCore
import RopewalkFunctions

/// YAML as programs read it.
enum YAMLText {
  static func write(_ value: JSON) throws -> String {
    let output = try FunctionLibrary.lookup("json-to-yaml").apply(value.serialised())
    var text = String(decoding: output.payload, as: UTF8.self)
    if text.last == "\n" { text.removeLast() }
    return text
  }
}
