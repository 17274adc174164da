/// RFC 5893: what a label may mix when there are letters written from right to left. The classes are those of the
/// blocks that matter; the standard library does not have them by scalar.
extension InternationalLabel {
  private enum Direction {
    case left
    case right
    /// Arabic-Indic digits.
    case arabicNumber
    /// European digits, extended Arabic-Indic ones among them.
    case europeanNumber
    case separator
    case neutral
    case mark
  }

  var hasRightToLeft: Bool {
    scalars.contains { [.right, .arabicNumber].contains(Self.direction(of: $0)) }
  }

  var followsBidirectionalRule: Bool {
    let directions = scalars.map(Self.direction)
    guard let first = directions.first, let last = directions.last(where: { $0 != .mark }) else { return false }
    switch first {
    case .right:
      guard !directions.contains(.left), [.right, .europeanNumber, .arabicNumber].contains(last) else { return false }
      return !(directions.contains(.europeanNumber) && directions.contains(.arabicNumber))
    case .left: return !directions.contains(.right) && !directions.contains(.arabicNumber) && [.left, .europeanNumber].contains(last)
    default: return false
    }
  }

  private static func direction(of scalar: Unicode.Scalar) -> Direction {
    switch scalar.value {
    case 0x30...0x39, 0x6F0...0x6F9: return .europeanNumber
    case 0x2D: return .separator
    case 0x660...0x669, 0x66B...0x66C, 0x10E60...0x10E7E: return .arabicNumber
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return .mark
    case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .otherLetter, .modifierLetter, .spacingMark, .decimalNumber:
      return isRightToLeft(scalar.value) ? .right : .left
    default: return isRightToLeft(scalar.value) ? .right : .neutral
    }
  }

  /// The blocks from Hebrew to Arabic Extended-A, the presentation forms, and the old scripts of plane 1.
  private static func isRightToLeft(_ code: UInt32) -> Bool {
    switch code {
    case 0x590...0x8FF, 0x200F, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
    default: false
    }
  }
}
