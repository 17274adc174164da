//! Looks into JSON (RFC 8259) without building anything of it.

/// The text is not JSON, or nested deeper than [`MOST_LEVELS`].
#[derive(Debug, PartialEq)]
pub struct Malformed;

/// How deep values may lie in one another.
pub const MOST_LEVELS: usize = 512;

/// Reads the whole text and finds the number that is the member `key` of the outermost object, of several the last.
/// The key is ASCII without control characters.
pub fn member_number(json: &[u8], key: &[u8]) -> Result<Option<f64>, Malformed> {
    let mut search = Search { json, key, number: None };
    let end = search.value(search.skip_blanks(0), 0)?;
    if search.skip_blanks(end) == json.len() {
        Ok(search.number)
    } else {
        Err(Malformed)
    }
}

struct Search<'a> {
    json: &'a [u8],
    key: &'a [u8],
    number: Option<f64>,
}

/// What scans takes a place in the text and answers the place behind what it scanned.
type Place = Result<usize, Malformed>;

impl<'a> Search<'a> {
    /// The byte at a place; zero at the end, which is valid nowhere.
    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.json.get(at).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn expect(&self, at: usize, byte: u8) -> Place {
        if self.byte(at) == byte {
            Ok(at + 1)
        } else {
            Err(Malformed)
        }
    }

    #[inline(always)]
    fn skip_blanks(&self, mut at: usize) -> usize {
        while matches!(self.byte(at), b' ' | b'\n' | b'\r' | b'\t') {
            at += 1;
        }
        at
    }

    /// Only what holds other values is worth a call.
    #[inline(always)]
    fn value(&mut self, at: usize, level: usize) -> Place {
        if level > MOST_LEVELS {
            return Err(Malformed);
        }
        match self.byte(at) {
            b'{' => self.object(at, level),
            b'[' => self.array(at, level),
            b'"' => self.string(at),
            b't' => self.word(at, b"true"),
            b'f' => self.word(at, b"false"),
            b'n' => self.word(at, b"null"),
            _ => self.number(at),
        }
    }

    #[inline(never)]
    fn object(&mut self, at: usize, level: usize) -> Place {
        let mut at = self.skip_blanks(at + 1);
        if self.byte(at) == b'}' {
            return Ok(at + 1);
        }
        loop {
            at = self.member(at, level)?;
            at = self.skip_blanks(at);
            match self.byte(at) {
                b'}' => return Ok(at + 1),
                b',' => at = self.skip_blanks(at + 1),
                _ => return Err(Malformed),
            }
        }
    }

    #[inline(never)]
    fn array(&mut self, at: usize, level: usize) -> Place {
        let mut at = self.skip_blanks(at + 1);
        if self.byte(at) == b']' {
            return Ok(at + 1);
        }
        loop {
            at = self.value(at, level + 1)?;
            at = self.skip_blanks(at);
            match self.byte(at) {
                b']' => return Ok(at + 1),
                b',' => at = self.skip_blanks(at + 1),
                _ => return Err(Malformed),
            }
        }
    }

    #[inline(always)]
    fn member(&mut self, name: usize, level: usize) -> Place {
        let end = self.string(name)?;
        let is_wanted = level == 0 && spells(&self.json[name + 1..end - 1], self.key);
        let colon = self.skip_blanks(end);
        let start = self.skip_blanks(self.expect(colon, b':')?);
        let end = self.value(start, level + 1)?;
        if is_wanted {
            let text = std::str::from_utf8(&self.json[start..end]);
            // What is no number of JSON begins with a letter, a quote or a bracket.
            let is_number = matches!(self.json[start], b'-' | b'0'..=b'9');
            self.number = text.ok().filter(|_| is_number).and_then(|text| text.parse().ok());
        }
        Ok(end)
    }

    #[inline(always)]
    fn string(&self, at: usize) -> Place {
        let mut at = self.expect(at, b'"')?;
        loop {
            at = skip_plain(self.json, at);
            match self.byte(at) {
                b'"' => return Ok(at + 1),
                b'\\' => at = self.escape(at + 1)?,
                _ => return Err(Malformed),
            }
        }
    }

    /// `at` is behind the backslash.
    fn escape(&self, at: usize) -> Place {
        match self.byte(at) {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 1),
            b'u' if (1..=4).all(|digit| self.byte(at + digit).is_ascii_hexdigit()) => Ok(at + 5),
            _ => Err(Malformed),
        }
    }

    fn word(&self, at: usize, word: &[u8]) -> Place {
        if self.json[at..].starts_with(word) {
            Ok(at + word.len())
        } else {
            Err(Malformed)
        }
    }

    #[inline(always)]
    fn number(&self, mut at: usize) -> Place {
        at += (self.byte(at) == b'-') as usize;
        at = if self.byte(at) == b'0' { at + 1 } else { self.digits(at)? };
        if self.byte(at) == b'.' {
            at = self.digits(at + 1)?;
        }
        if matches!(self.byte(at), b'e' | b'E') {
            at += 1 + matches!(self.byte(at + 1), b'+' | b'-') as usize;
            at = self.digits(at)?;
        }
        Ok(at)
    }

    #[inline(always)]
    fn digits(&self, start: usize) -> Place {
        let mut at = start;
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        if at > start {
            Ok(at)
        } else {
            Err(Malformed)
        }
    }
}

/// The place of the next quote, backslash or control character; eight bytes at a time, as strings are most of a text.
fn skip_plain(json: &[u8], at: usize) -> usize {
    let mut rest = json.get(at..).unwrap_or_default();
    while rest.len() >= 8 {
        let (eight, more) = rest.split_at(8);
        let found = marks(u64::from_le_bytes(eight.try_into().unwrap()));
        if found != 0 {
            return json.len() - rest.len() + (found.trailing_zeros() / 8) as usize;
        }
        rest = more;
    }
    while matches!(rest, [byte, ..] if *byte >= 0x20 && *byte != b'"' && *byte != b'\\') {
        rest = &rest[1..];
    }
    json.len() - rest.len()
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
