/// A pattern such as `dd.MM.yyyy HH:mm`, the common part of Unicode's date field symbols, with English names.
struct DatePattern: Sendable {
  private enum Field: Sendable {
    case literal(String)
    case year, shortYear
    case month(Int), monthName(long: Bool)
    case day(Int), weekdayName(long: Bool)
    case hour(Int), hourOf12(Int), halfOfDay
    case minute(Int), second(Int), fraction(Int)
    case offset(colon: Bool, zulu: Bool)
  }

  private let fields: [Field]

  /// Nil when a letter is no field, or the pattern has no field at all. Text in single quotes stands for
  /// itself, two of them for one.
  init?(_ text: String) {
    var fields: [Field] = []
    var rest = text[...]
    while let first = rest.first {
      if first == "'" {
        guard let (literal, after) = Self.quoted(rest) else { return nil }
        fields.append(.literal(literal))
        rest = after
        continue
      }
      let run = rest.prefix { $0 == first }
      rest = rest[run.endIndex...]
      guard first.isASCII, first.isLetter else {
        fields.append(.literal(String(run)))
        continue
      }
      guard let field = Self.field(first, run.count) else { return nil }
      fields.append(field)
    }
    let hasField = fields.contains { if case .literal = $0 { false } else { true } }
    guard hasField else { return nil }
    self.fields = fields
  }

  private static func quoted(_ text: Substring) -> (String, Substring)? {
    var rest = text.dropFirst()
    if rest.first == "'" { return ("'", rest.dropFirst()) }
    var literal = ""
    while let quote = rest.firstIndex(of: "'") {
      literal += rest[..<quote]
      rest = rest[rest.index(after: quote)...]
      guard rest.first == "'" else { return (literal, rest) }
      literal += "'"
      rest = rest.dropFirst()
    }
    return nil
  }

  private static func field(_ letter: Character, _ count: Int) -> Field? {
    switch (letter, count) {
    case ("y", 4), ("y", 1): .year
    case ("y", 2): .shortYear
    case ("M", 1...2): .month(count)
    case ("M", 3...4): .monthName(long: count == 4)
    case ("d", 1...2): .day(count)
    case ("E", 1...4): .weekdayName(long: count == 4)
    case ("H", 1...2): .hour(count)
    case ("h", 1...2): .hourOf12(count)
    case ("a", 1): .halfOfDay
    case ("m", 1...2): .minute(count)
    case ("s", 1...2): .second(count)
    case ("S", 1...9): .fraction(count)
    case ("X", 2...3): .offset(colon: count == 3, zulu: true)
    case ("x", 2...3), ("Z", 1...3): .offset(colon: letter == "x" && count == 3, zulu: false)
    default: nil
    }
  }

  func format(_ time: CivilDateTime) -> String {
    var text = ""
    for field in fields {
      let part =
        switch field {
        case .literal(let literal): literal
        case .year: DateForm.padded(time.year, 4)
        case .shortYear: DateForm.padded(time.year % 100, 2)
        case .month(let width): DateForm.padded(time.month, width)
        case .monthName(let long): Self.name(Self.months[time.month - 1], long: long)
        case .day(let width): DateForm.padded(time.day, width)
        case .weekdayName(let long): Self.name(Self.weekdays[time.weekday], long: long)
        case .hour(let width): DateForm.padded(time.hour, width)
        case .hourOf12(let width): DateForm.padded((time.hour + 11) % 12 + 1, width)
        case .halfOfDay: time.hour < 12 ? "AM" : "PM"
        case .minute(let width): DateForm.padded(time.minute, width)
        case .second(let width): DateForm.padded(time.second, width)
        case .fraction(let width): String(DateForm.padded(time.nanosecond, 9).prefix(width))
        case .offset(let colon, let zulu): DateForm.offsetText(time.offset ?? 0, colon: colon, zulu: zulu)
        }
      text += part
    }
    return text
  }

  /// Nil when the text does not fit the pattern. What the pattern does not name is the first of its kind: January, midnight.
  func parse(_ text: String) -> CivilDateTime? {
    var scanner = DateScanner(text)
    var time = CivilDateTime(year: 1970, month: 1, day: 1)
    time.isDateOnly = true
    var isAfternoon: Bool?
    for field in fields {
      guard Self.scan(field, &scanner, &time, &isAfternoon) else { return nil }
    }
    guard scanner.isAtEnd else { return nil }
    if let isAfternoon {
      guard 1...12 ~= time.hour else { return nil }
      time.hour = time.hour % 12 + (isAfternoon ? 12 : 0)
    }
    return time
  }

  private static func scan(_ field: Field, _ scanner: inout DateScanner, _ time: inout CivilDateTime, _ isAfternoon: inout Bool?) -> Bool {
    switch field {
    case .literal(let literal): return scanner.take(literal)
    case .year: return assign(scanner.number(4), to: &time.year)
    case .shortYear: return assign(scanner.number(2).map { $0 + 2000 }, to: &time.year)
    case .month(let width): return assign(scanner.number(width, 2), to: &time.month)
    case .monthName(let long): return assign(scanner.word(of: months.map { name($0, long: long) }).map { $0 + 1 }, to: &time.month)
    case .day(let width): return assign(scanner.number(width, 2), to: &time.day)
    case .weekdayName(let long): return scanner.word(of: weekdays.map { name($0, long: long) }) != nil
    case .halfOfDay: return assign(scanner.word(of: ["AM", "PM"]).map { $0 == 1 }, to: &isAfternoon)
    case .hour(let width), .hourOf12(let width):
      time.isDateOnly = false
      return assign(scanner.number(width, 2), to: &time.hour)
    case .minute(let width): return assign(scanner.number(width, 2), to: &time.minute)
    case .second(let width): return assign(scanner.number(width, 2), to: &time.second)
    case .fraction(let width):
      return assign(scanner.number(width).map { (width..<9).reduce($0) { value, _ in value * 10 } }, to: &time.nanosecond)
    case .offset: return assign(scanner.offset(), to: &time.offset)
    }
  }

  private static func assign<Value>(_ value: Value?, to target: inout Value) -> Bool {
    guard let value else { return false }
    target = value
    return true
  }

  private static func assign<Value>(_ value: Value?, to target: inout Value?) -> Bool {
    target = value
    return value != nil
  }

  private static func name(_ name: String, long: Bool) -> String { long ? name : String(name.prefix(3)) }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
  ]
  private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
}
