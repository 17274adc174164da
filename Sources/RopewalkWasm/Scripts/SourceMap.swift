import RopewalkCore

/// Where each piece of a bundled script came from (ECMA-426, version 3 of the source map format).
struct SourceMap: Sendable {
  struct Place: Sendable, Equatable {
    var source: String
    /// Both from 1; the column counts Unicode scalars.
    var line: Int
    var column: Int
  }

  struct Malformed: Error, Equatable {
    var message: String
  }

  private struct Segment {
    var column: Int
    var source: Int
    var line: Int
    var sourceColumn: Int
  }

  private let sources: [String]
  /// The text of each source, by line, where the map carries it.
  private let contents: [[Substring]]
  /// The segments of each generated line, by column.
  private let lines: [[Segment]]

  /// - Throws: ``Malformed``; a map that esbuild wrote is never that.
  init(_ bytes: [UInt8]) throws(Malformed) {
    let root: JSON
    do {
      root = try JSON.parse(bytes)
    } catch {
      throw Malformed(message: error.description)
    }
    guard root["version"]?.int == 3, let mappings = root["mappings"]?.string, let sources = root["sources"]?.array else {
      throw Malformed(message: "not a source map of version 3")
    }
    self.sources = sources.map { $0.string ?? "" }
    self.contents = (root["sourcesContent"]?.array ?? []).map {
      ($0.string ?? "").scriptLines
    }
    self.lines = try Self.decode(mappings, sourceCount: sources.count)
  }

  /// The place in the user's source that a place in the bundle stands for; nil for what the bundler added itself.
  /// - Parameters: line and column of the bundle, both from 1.
  func place(line: Int, column: Int) -> Place? {
    guard line >= 1, line <= lines.count else { return nil }
    let segments = lines[line - 1]
    let after = segments.partitioningIndex { $0.column > column - 1 }
    guard after > 0 else { return nil }
    return place(segments[after - 1])
  }

  /// Where the first piece that has one came from: the bundle runs from there.
  var start: Place? {
    lines.joined().first { $0.source >= 0 }.flatMap { place($0) }
  }

  private func place(_ segment: Segment) -> Place? {
    guard segment.source >= 0 else { return nil }
    return Place(
      source: sources[segment.source],
      line: segment.line + 1,
      column: scalarColumn(source: segment.source, line: segment.line, utf16Column: segment.sourceColumn) + 1
    )
  }

  /// Source maps count UTF-16 code units; people count characters.
  private func scalarColumn(source: Int, line: Int, utf16Column: Int) -> Int {
    guard source < contents.count, line < contents[source].count else { return utf16Column }
    let text = contents[source][line]
    guard let index = text.utf16.index(text.startIndex, offsetBy: utf16Column, limitedBy: text.endIndex) else { return utf16Column }
    return text.unicodeScalars.distance(from: text.startIndex, to: index)
  }

  private static func decode(_ mappings: String, sourceCount: Int) throws(Malformed) -> [[Segment]] {
    var lines: [[Segment]] = [[]]
    var reader = VLQReader(mappings)
    var segment = Segment(column: 0, source: 0, line: 0, sourceColumn: 0)
    while let byte = reader.peek {
      switch byte {
      case UInt8(ascii: ";"):
        reader.skip()
        lines.append([])
        segment.column = 0
      case UInt8(ascii: ","): reader.skip()
      default:
        segment.column += try reader.next()
        guard !reader.isAtSeparator else {
          lines[lines.count - 1].append(Segment(column: segment.column, source: -1, line: 0, sourceColumn: 0))
          continue
        }
        segment.source += try reader.next()
        segment.line += try reader.next()
        segment.sourceColumn += try reader.next()
        if !reader.isAtSeparator { _ = try reader.next() }
        guard segment.source >= 0, segment.source < sourceCount, segment.line >= 0, segment.sourceColumn >= 0 else {
          throw Malformed(message: "a mapping points outside its sources")
        }
        lines[lines.count - 1].append(segment)
      }
    }
    return lines
  }
}

extension Array {
  /// The first index whose element satisfies a predicate that is false, then true; the count when none does.
  fileprivate func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
