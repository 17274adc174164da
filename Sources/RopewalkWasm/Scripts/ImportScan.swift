import RopewalkCore
import SystemPackage

/// Follows a script's imports before they are bundled, so that nothing outside the script's root is opened: what esbuild says of a
/// file that it cannot read or parse tells what is in it.
struct ImportScan {
  private let source: ScriptSource
  /// Files and folders within the root that no script reads, without links.
  private let closed: [FilePath]
  private var seen: Set<FilePath> = []
  /// The imports that lead outside.
  private(set) var strays: [Diagnostic] = []
  /// Those that lead nowhere.
  private(set) var unresolved: [Diagnostic] = []

  /// - Parameter closed: files and folders that no import may lead to, wherever they are.
  init(_ source: ScriptSource, closed: [FilePath]) {
    self.source = source
    self.closed = closed.compactMap(\.resolved)
    if case .file(let path) = source.text { seen.insert(path) }
  }

  /// Checks the imports of files that esbuild has parsed.
  /// - Parameter meta: its metafile, of a run in which every import was external.
  /// - Returns: the scripts that they can lead to, and that were not looked at before.
  mutating func follow(_ meta: JSON) -> [FilePath] {
    var kept: [String: Set<String>] = [:]
    for output in meta["outputs"]?.object?.members ?? [] {
      guard let entry = output.value["entryPoint"]?.string else { continue }
      kept[entry] = Set((output.value["imports"]?.array ?? []).compactMap { $0["path"]?.string })
    }
    var found: [FilePath] = []
    for input in meta["inputs"]?.object?.members ?? [] {
      for entry in input.value["imports"]?.array ?? [] {
        // Those of types alone are dropped.
        guard let written = entry["path"]?.string, kept[input.key]?.contains(written) ?? true else { continue }
        found += follow(written, in: input.key)
      }
    }
    return found
  }

  private mutating func follow(_ written: String, in file: String) -> [FilePath] {
    if Self.addresses.contains(where: written.hasPrefix) {
      refuse(written, in: file, "is not a local file")
      return []
    }
    guard written.hasPrefix(".") || written.hasPrefix("/") else { return followPackage(written, in: file) }
    let folder = folder(of: file)
    let (scripts, leadsNowhere) = look(at: names(written).flatMap { candidates($0, from: folder) }, for: written, in: file)
    if leadsNowhere { unresolved.append(BundlerReport(source: source).unresolved(written, in: file)) }
    return scripts
  }

  /// A package is looked for in `node_modules` of each folder above, and what it names in its `package.json` is part of it. One
  /// that is nowhere and a module of Node.js are esbuild's to refuse where nothing else is wrong: it opens nothing for them.
  private mutating func followPackage(_ written: String, in file: String) -> [FilePath] {
    guard !written.split(separator: "/").contains("..") else {
      refuse(written, in: file, "lies outside the integration's folder")
      return []
    }
    var folder = folder(of: file)
    while true {
      let package = folder.appending("node_modules").appending(written)
      let candidates = candidates(package.string, from: folder)
      if candidates.contains(where: { $0.resolved != nil }) { return look(at: candidates, for: written, in: file).scripts }
      guard folder.removeLastComponent() else {
        unresolved.append(BundlerReport(source: source).unresolved(written, in: file))
        return []
      }
    }
  }

  /// Returns the scripts among the candidates, and whether none of them is there.
  private mutating func look(at candidates: [FilePath], for written: String, in file: String) -> (scripts: [FilePath], isNothing: Bool) {
    var scripts: [FilePath] = []
    var leadsNowhere = true
    for path in candidates {
      // First by its name, so that what is not there is refused alike.
      if let refusal = refusal(of: path) ?? path.resolved.flatMap(refusal) {
        refuse(written, in: file, refusal)
        return ([], false)
      }
      guard let real = path.resolved else { continue }
      leadsNowhere = false
      guard real.isRegularFile else {
        if real.isFolder { continue }
        refuse(written, in: file, "is no file")
        return ([], false)
      }
      if Self.scripts.contains(real.extension ?? ""), seen.insert(real).inserted { scripts.append(real) }
    }
    return (scripts, leadsNowhere)
  }

  private func refusal(of path: FilePath) -> String? {
    guard path.starts(with: source.root) else { return "lies outside the integration's folder" }
    return closed.contains { path.starts(with: $0) } ? "lies in a folder that scripts do not read from" : nil
  }

  private mutating func refuse(_ written: String, in file: String, _ what: String) {
    let stray = BundlerReport(source: source).stray(written, in: file, what)
    if !strays.contains(stray) { strays.append(stray) }
  }

  private func folder(of file: String) -> FilePath {
    if case .inline(_, file, _) = source.text { return source.root }
    return source.root.appending(file).removingLastComponent()
  }

  /// An import as it is written, and without what esbuild cuts off where there is no such file.
  private func names(_ written: String) -> Set<String> {
    Set([written, String(written.prefix { $0 != "?" && $0 != "#" })]).filter { !$0.isEmpty }
  }

  /// Everything that a name can mean to esbuild.
  private func candidates(_ name: String, from folder: FilePath) -> [FilePath] {
    let path = name.hasPrefix("/") ? FilePath(name).lexicallyNormalized() : folder.appending(name).lexicallyNormalized()
    return Self.files(path) + Self.files(path.appending("index"))
      + mains(of: path).flatMap { Self.files($0) + Self.files($0.appending("index")) }
  }

  /// A path as it is, with each ending that is tried, and the TypeScript that is written for a JavaScript ending.
  private static func files(_ path: FilePath) -> [FilePath] {
    var files = [path] + ["tsx", "ts", "jsx", "js", "css", "json"].map { FilePath("\(path).\($0)") }
    if let ending = path.extension, let others = rewritten[ending] {
      files += others.map { FilePath(path.string.dropLast(ending.count) + $0) }
    }
    return files
  }

  /// What the `package.json` of a folder names.
  private func mains(of folder: FilePath) -> [FilePath] {
    let description = folder.appending("package.json")
    guard let real = description.resolved, real.starts(with: source.root), real.isRegularFile,
      let text = try? real.contents(limit: .mebibytes(1)), let package = try? JSON.parse(text)
    else { return [] }
    let names = ["main", "module", "browser"].compactMap { package[$0]?.string } + Self.texts(in: package["exports"] ?? .null)
    return names.map { folder.appending($0).lexicallyNormalized() }
  }

  private static func texts(in json: JSON) -> [String] {
    switch json {
    case .string(let text): [text]
    case .array(let items): items.flatMap(texts)
    case .object(let object): object.members.flatMap { texts(in: $0.value) }
    default: []
    }
  }

  private static let addresses = ["data:", "http://", "https://", "//"]
  private static let rewritten = ["js": ["ts", "tsx"], "jsx": ["ts", "tsx"], "mjs": ["mts"], "cjs": ["cts"]]
  private static let scripts: Set = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "css"]
}
