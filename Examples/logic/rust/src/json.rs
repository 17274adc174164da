//! Looks into JSON (RFC 8259) without building anything of it.

/// The text is not JSON, or nested deeper than [`MOST_LEVELS`].
#[derive(Debug, PartialEq)]
pub struct Malformed;

/// How deep values may lie in one another.
pub const MOST_LEVELS: usize = 512;

/// Reads the whole text and finds the number that is the member `key` of the outermost object, of several the last.
/// The key is ASCII without control characters.
pub fn member_number(json: &[u8], key: &[u8]) -> Result<Option<f64>, Malformed> {
    let mut scanner = Scanner { json, at: 0, key, number: None };
    scanner.skip_blanks();
    scanner.value(0)?;
    scanner.skip_blanks();
    scanner.expect(scanner.at == json.len())?;
    Ok(scanner.number)
}

struct Scanner<'a> {
    json: &'a [u8],
    at: usize,
    key: &'a [u8],
    number: Option<f64>,
}

impl<'a> Scanner<'a> {
    fn expect(&self, condition: bool) -> Result<(), Malformed> {
        condition.then(|| ()).ok_or(Malformed)
    }

    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    /// Skips the byte where it is next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += is_next as usize;
        is_next
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn value(&mut self, level: usize) -> Result<(), Malformed> {
        self.expect(level <= MOST_LEVELS)?;
        match self.peek() {
            Some(b'{') => self.list(b'}', |scanner| scanner.member(level)),
            Some(b'[') => self.list(b']', |scanner| scanner.value(level + 1)),
            Some(b'"') => self.string(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn list(&mut self, close: u8, item: impl Fn(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        self.at += 1;
        self.skip_blanks();
        if self.take(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_blanks();
            if self.take(close) {
                return Ok(());
            }
            let goes_on = self.take(b',');
            self.expect(goes_on)?;
            self.skip_blanks();
        }
    }

    fn member(&mut self, level: usize) -> Result<(), Malformed> {
        let name = self.at;
        self.string()?;
        let is_wanted = level == 0 && spells(&self.json[name + 1..self.at - 1], self.key);
        self.skip_blanks();
        let has_value = self.take(b':');
        self.expect(has_value)?;
        self.skip_blanks();
        let start = self.at;
        self.value(level + 1)?;
        if is_wanted {
            let text = std::str::from_utf8(&self.json[start..self.at]);
            // What is no number of JSON begins with a letter, a quote or a bracket.
            let is_number = matches!(self.json[start], b'-' | b'0'..=b'9');
            self.number = text.ok().filter(|_| is_number).and_then(|text| text.parse().ok());
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), Malformed> {
        let opens = self.take(b'"');
        self.expect(opens)?;
        loop {
            self.at = skip_plain(self.json, self.at);
            let byte = self.peek().ok_or(Malformed)?;
            self.at += 1;
            match byte {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                _ => return Err(Malformed),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        let kind = self.peek().ok_or(Malformed)?;
        self.at += 1;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                let digits = self.json.get(self.at..self.at + 4).ok_or(Malformed)?;
                self.at += 4;
                self.expect(digits.iter().all(u8::is_ascii_hexdigit))
            }
            _ => Err(Malformed),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Malformed> {
        self.expect(self.json[self.at..].starts_with(word))?;
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.expect(self.at > start)
    }
}

/// The place of the next quote, backslash or control character; eight bytes at a time, as strings are most of a text.
fn skip_plain(json: &[u8], mut at: usize) -> usize {
    while let Some(Ok(eight)) = json.get(at..at + 8).map(TryInto::try_into) {
        let found = marks(u64::from_le_bytes(eight));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while matches!(json.get(at), Some(&byte) if byte >= 0x20 && byte != b'"' && byte != b'\\') {
        at += 1;
    }
    at
}

/// The high bit of each byte that is a quote, a backslash or a control character. Right for the lowest such byte; the
/// ones above it may be wrong.
fn marks(bytes: u64) -> u64 {
    const EACH_BYTE: u64 = 0x0101_0101_0101_0101;
    let quote = bytes ^ EACH_BYTE * b'"' as u64;
    let backslash = bytes ^ EACH_BYTE * b'\\' as u64;
    let below = quote.wrapping_sub(EACH_BYTE) & !quote
        | backslash.wrapping_sub(EACH_BYTE) & !backslash
        | bytes.wrapping_sub(EACH_BYTE * 0x20) & !bytes;
    below & EACH_BYTE * 0x80
}

/// Whether the inside of a string literal is the key.
fn spells(literal: &[u8], key: &[u8]) -> bool {
    if !literal.contains(&b'\\') {
        return literal == key;
    }
    let mut rest = literal;
    for &wanted in key {
        let (byte, length) = match rest {
            [b'\\', b'u', digits @ ..] => (hexadecimal(&digits[..4]), 6),
            [b'\\', byte @ (b'"' | b'\\' | b'/'), ..] => (Some(*byte), 2),
            [b'\\', ..] | [] => return false,
            [byte, ..] => (Some(*byte), 1),
        };
        if byte != Some(wanted) {
            return false;
        }
        rest = &rest[length..];
    }
    rest.is_empty()
}

/// The code that four digits are, where it fits in a byte.
fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    u16::from_str_radix(text, 16).ok().and_then(|code| u8::try_from(code).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(json: &str) -> Result<Option<f64>, Malformed> {
        member_number(json.as_bytes(), b"amount")
    }

    #[test]
    fn finds_the_outermost_member_only() {
        assert_eq!(amount(r#"{"lines":[{"amount":5}],"amount":2e3}"#), Ok(Some(2000.0)));
        assert_eq!(amount(r#"{"order":{"amount":5}}"#), Ok(None));
        assert_eq!(amount(r#"{"note":"\"amount\": 5"}"#), Ok(None));
        assert_eq!(amount(r#"{"am\u006funt":5}"#), Ok(Some(5.0)));
        assert_eq!(amount(r#"{"amount":5,"amount":6}"#), Ok(Some(6.0)));
        assert_eq!(amount(r#"{"amount":"5"}"#), Ok(None));
    }

    #[test]
    fn refuses_what_is_not_json() {
        for text in ["", "{", r#"{"amount":01}"#, r#"{"a":1,}"#, r#"{"a":"\x"}"#, "{} {}", &"[".repeat(100_000)] {
            assert_eq!(amount(text), Err(Malformed), "{text}");
        }
    }
}
