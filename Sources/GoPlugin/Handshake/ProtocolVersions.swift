/// The versions of a plugin's own protocol that one side speaks, and how the two sides agree on one.
enum ProtocolVersions {
  /// What the host puts into `PLUGIN_PROTOCOL_VERSIONS`: the newest first.
  static func offer(_ versions: Set<Int>) -> String {
    versions.sorted(by: >).map(String.init).joined(separator: ",")
  }

  /// What a plugin chooses: the newest version that both sides speak.
  ///
  /// Without an offer, or with nothing in common, it is the plugin's oldest, and the host decides: so the reference
  /// implementation has it, and hosts older than the offer rely on it. `supported` must not be empty. What is no number
  /// in the offer is passed over.
  static func choose(from supported: Set<Int>, offered: String?) -> Int? {
    let offered = Set((offered ?? "").split(separator: ",").compactMap { Int($0.trimmingBlanks()) })
    return supported.intersection(offered).max() ?? supported.min()
  }
}
