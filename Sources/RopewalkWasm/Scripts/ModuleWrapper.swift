/// Makes a script of the module that esbuild wrote: its exports become a global.
///
/// esbuild can do that itself, with helper functions in every bundle that each customer's instance would parse and keep.
/// Here only the export clause at the module's end is put in other words, and a line is added in front.
enum ModuleWrapper {
  /// Lines that stand before the module's first.
  static let addedLines = 1

  static func script(ofModule code: [UInt8], global: String) -> [UInt8] {
    var lines = String(decoding: code, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    while lines.last?.isEmpty == true { lines.removeLast() }
    let exports = takeExports(&lines)
    let members = exports.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
    let text = ["var \(global) = (() => { \"use strict\";"] + lines + ["return { \(members) };", "})();", ""]
    return Array(text.joined(separator: "\n").utf8)
  }

  /// Takes the export clause off, and answers those of its members that a step may have.
  private static func takeExports(_ lines: inout [Substring]) -> [(name: String, value: String)] {
    let defaultExport = "export default "
    if let last = lines.last, last.hasPrefix(defaultExport), last.hasSuffix(";") {
      lines.removeLast()
      return [("default", String(last.dropFirst(defaultExport.count).dropLast()))]
    }
    guard lines.last == "};", let start = lines.lastIndex(of: "export {") else { return [] }
    let clause = lines[(start + 1)..<(lines.count - 1)]
    lines.removeSubrange(start...)
    return clause.compactMap { member in
      let words = member.split { $0 == " " || $0 == "," }
      guard let value = words.first, let name = words.last, name == "process" || name == "default" else { return nil }
      return (String(name), String(value))
    }
  }
}
