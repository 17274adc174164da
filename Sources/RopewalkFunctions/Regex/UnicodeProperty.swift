/// What `\p{…}` can ask of a scalar.
enum UnicodeProperty: Hashable {
  case categories(Set<Unicode.GeneralCategory>)
  case binary(BinaryProperty)

  enum BinaryProperty: String {
    case any = "Any"
    case ascii = "ASCII"
    case alphabetic = "Alphabetic"
    case lowercase = "Lowercase"
    case uppercase = "Uppercase"
    case whiteSpace = "White_Space"
    case emoji = "Emoji"
    case emojiPresentation = "Emoji_Presentation"
    case ideographic = "Ideographic"
    case idStart = "ID_Start"
    case idContinue = "ID_Continue"
    case math = "Math"
    case dash = "Dash"
    case diacritic = "Diacritic"
    case hexDigit = "Hex_Digit"
    case asciiHexDigit = "ASCII_Hex_Digit"
    case assigned = "Assigned"
  }

  private static let shortNames = ["Alpha": "Alphabetic", "Lower": "Lowercase", "Upper": "Uppercase", "space": "White_Space"]

  /// `Letter`, `Lu`, `General_Category=Letter`, `gc=L` or the name of a binary property; nil for all else.
  init?(_ name: String) {
    var name = name
    if let equals = name.firstIndex(of: "=") {
      guard ["General_Category", "gc"].contains(String(name[..<equals])) else { return nil }
      name = String(name[name.index(after: equals)...])
    } else if let property = BinaryProperty(rawValue: Self.shortNames[name] ?? name) {
      self = .binary(property)
      return
    }
    guard let categories = Self.categories[name] else { return nil }
    self = .categories(categories)
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch self {
    case .categories(let categories): categories.contains(scalar.properties.generalCategory)
    case .binary(let property): Self.contains(scalar, property)
    }
  }

  private static func contains(_ scalar: Unicode.Scalar, _ property: BinaryProperty) -> Bool {
    let properties = scalar.properties
    return switch property {
    case .any: true
    case .ascii: scalar.isASCII
    case .alphabetic: properties.isAlphabetic
    case .lowercase: properties.isLowercase
    case .uppercase: properties.isUppercase
    case .whiteSpace: properties.isWhitespace
    case .emoji: properties.isEmoji
    case .emojiPresentation: properties.isEmojiPresentation
    case .ideographic: properties.isIdeographic
    case .idStart: properties.isIDStart
    case .idContinue: properties.isIDContinue
    case .math: properties.isMath
    case .dash: properties.isDash
    case .diacritic: properties.isDiacritic
    case .hexDigit: properties.isHexDigit
    case .asciiHexDigit: properties.isASCIIHexDigit
    case .assigned: properties.generalCategory != .unassigned
    }
  }

  private static let categories: [String: Set<Unicode.GeneralCategory>] = {
    let single: [(String, String, Unicode.GeneralCategory)] = [
      ("Lu", "Uppercase_Letter", .uppercaseLetter), ("Ll", "Lowercase_Letter", .lowercaseLetter),
      ("Lt", "Titlecase_Letter", .titlecaseLetter), ("Lm", "Modifier_Letter", .modifierLetter), ("Lo", "Other_Letter", .otherLetter),
      ("Mn", "Nonspacing_Mark", .nonspacingMark), ("Mc", "Spacing_Mark", .spacingMark), ("Me", "Enclosing_Mark", .enclosingMark),
      ("Nd", "Decimal_Number", .decimalNumber), ("Nl", "Letter_Number", .letterNumber), ("No", "Other_Number", .otherNumber),
      ("Pc", "Connector_Punctuation", .connectorPunctuation), ("Pd", "Dash_Punctuation", .dashPunctuation),
      ("Ps", "Open_Punctuation", .openPunctuation), ("Pe", "Close_Punctuation", .closePunctuation),
      ("Pi", "Initial_Punctuation", .initialPunctuation), ("Pf", "Final_Punctuation", .finalPunctuation),
      ("Po", "Other_Punctuation", .otherPunctuation), ("Sm", "Math_Symbol", .mathSymbol), ("Sc", "Currency_Symbol", .currencySymbol),
      ("Sk", "Modifier_Symbol", .modifierSymbol), ("So", "Other_Symbol", .otherSymbol), ("Zs", "Space_Separator", .spaceSeparator),
      ("Zl", "Line_Separator", .lineSeparator), ("Zp", "Paragraph_Separator", .paragraphSeparator), ("Cc", "Control", .control),
      ("Cf", "Format", .format), ("Cs", "Surrogate", .surrogate), ("Co", "Private_Use", .privateUse), ("Cn", "Unassigned", .unassigned),
    ]
    let groups = [
      ("L", "Letter"), ("M", "Mark"), ("N", "Number"), ("P", "Punctuation"), ("S", "Symbol"), ("Z", "Separator"), ("C", "Other"),
    ]
    var categories: [String: Set<Unicode.GeneralCategory>] = [:]
    for (short, long, category) in single {
      categories[short] = [category]
      categories[long] = [category]
    }
    for (short, long) in groups {
      let members = Set(single.filter { $0.0.hasPrefix(short) }.map(\.2))
      categories[short] = members
      categories[long] = members
    }
    categories["LC"] = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]
    categories["Cased_Letter"] = categories["LC"]
    for (alias, name) in [("digit", "Nd"), ("punct", "P"), ("cntrl", "Cc"), ("Combining_Mark", "M")] {
      categories[alias] = categories[name]
    }
    return categories
  }()
}
