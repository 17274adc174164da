use std::fmt::{self, Write};
use std::ops::Index;

/// A JSON value. Members keep their order, and numbers their digits.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How deep arrays and objects may be nested.
const MOST_LEVELS: usize = 256;

static NULL: Json = Json::Null;

impl Json {
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
        Json::Object(members.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
    }

    /// A member of an object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|member| member.0 == key).map(|member| &member.1),
            _ => None,
        }
    }

    /// Takes a member out of an object; `Json::Null` where there is none.
    pub fn take(&mut self, key: &str) -> Json {
        match self {
            Json::Object(members) => match members.iter().position(|member| member.0 == key) {
                Some(index) => members.remove(index).1,
                None => Json::Null,
            },
            _ => Json::Null,
        }
    }

    /// Sets a member; what is no object becomes one.
    pub fn set(&mut self, key: &str, value: Json) {
        if !matches!(self, Json::Object(_)) {
            *self = Json::Object(Vec::new());
        }
        if let Json::Object(members) = self {
            match members.iter_mut().find(|member| member.0 == key) {
                Some(member) => member.1 = value,
                None => members.push((key.to_string(), value)),
            }
        }
    }

    /// The text of a string; empty for everything else.
    pub fn text(&self) -> &str {
        if let Json::String(text) = self {
            text
        } else {
            ""
        }
    }

    pub fn number(&self) -> Option<f64> {
        if let Json::Number(text) = self {
            text.parse().ok()
        } else {
            None
        }
    }

    pub fn bool(&self) -> Option<bool> {
        if let Json::Bool(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// The items of an array; none for everything else.
    pub fn items(&self) -> &[Json] {
        if let Json::Array(items) = self {
            items
        } else {
            &[]
        }
    }

    pub fn is_null(&self) -> bool {
        *self == Json::Null
    }

    /// Reads RFC 8259 text.
    pub fn parse(text: &str) -> Result<Json, String> {
        let mut parser = Parser { text, at: 0 };
        let value = parser.value(0)?;
        parser.skip_blanks();
        if parser.at < text.len() {
            return Err(parser.wrong());
        }
        Ok(value)
    }
}

/// The member of an object; `Json::Null` where there is none, so that paths can be followed.
impl Index<&str> for Json {
    type Output = Json;

    fn index(&self, key: &str) -> &Json {
        self.get(key).unwrap_or(&NULL)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::String(text.to_string())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::String(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Json {
        Json::Number(value.to_string())
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Json {
        Json::Array(items.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => formatter.write_str("null"),
            Json::Bool(value) => write!(formatter, "{value}"),
            Json::Number(text) => formatter.write_str(text),
            Json::String(text) => write_string(text, formatter),
            Json::Array(items) => {
                formatter.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    write!(formatter, "{}{item}", if index > 0 { "," } else { "" })?;
                }
                formatter.write_char(']')
            }
            Json::Object(members) => {
                formatter.write_char('{')?;
                for (index, (key, value)) in members.iter().enumerate() {
                    formatter.write_str(if index > 0 { "," } else { "" })?;
                    write_string(key, formatter)?;
                    write!(formatter, ":{value}")?;
                }
                formatter.write_char('}')
            }
        }
    }
}

fn write_string(text: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    formatter.write_char('"')?;
    let mut rest = text;
    while let Some(plain) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        formatter.write_str(&rest[..plain])?;
        match rest.as_bytes()[plain] {
            byte @ (b'"' | b'\\') => write!(formatter, "\\{}", byte as char)?,
            byte => write!(formatter, "\\u{byte:04x}")?,
        }
        rest = &rest[plain + 1..];
    }
    formatter.write_str(rest)?;
    formatter.write_char('"')
}

struct Parser<'text> {
    text: &'text str,
    at: usize,
}

impl Parser<'_> {
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    fn wrong(&self) -> String {
        format!("not valid at byte {}", self.at)
    }

    fn value(&mut self, level: usize) -> Result<Json, String> {
        if level > MOST_LEVELS {
            return Err(format!("nested deeper than {MOST_LEVELS} levels"));
        }
        self.skip_blanks();
        match self.byte() {
            b'{' => self.members(level),
            b'[' => self.elements(level),
            b'"' => self.string().map(Json::String),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, String> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.wrong());
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.at;
        while matches!(self.byte(), b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        if text.parse::<f64>().is_err() {
            self.at = start;
            return Err(self.wrong());
        }
        Ok(Json::Number(text.to_string()))
    }

    fn members(&mut self, level: usize) -> Result<Json, String> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.byte() == b'}' {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            let key = self.string()?;
            self.skip_blanks();
            self.expect(b':')?;
            members.push((key, self.value(level + 1)?));
            if !self.goes_on(b'}')? {
                return Ok(Json::Object(members));
            }
        }
    }

    fn elements(&mut self, level: usize) -> Result<Json, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.byte() == b']' {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(level + 1)?);
            if !self.goes_on(b']')? {
                return Ok(Json::Array(items));
            }
        }
    }

    /// Whether a comma follows rather than the end.
    fn goes_on(&mut self, end: u8) -> Result<bool, String> {
        self.skip_blanks();
        if self.byte() == end {
            self.at += 1;
            return Ok(false);
        }
        self.expect(b',').map(|_| true)
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        if self.byte() != byte {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<String, String> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.bytes().position(|byte| byte == b'"' || byte == b'\\').ok_or_else(|| self.wrong())?;
            text.push_str(&rest[..plain]);
            self.at += plain + 1;
            if rest.as_bytes()[plain] == b'"' {
                return Ok(text);
            }
            text.push(self.escape()?);
        }
    }

    /// The character of an escape whose backslash was read.
    fn escape(&mut self) -> Result<char, String> {
        let kind = self.byte();
        self.at += 1;
        Ok(match kind {
            b'"' | b'\\' | b'/' => kind as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hexadecimal()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return Ok(char::from_u32(high).unwrap_or('\u{fffd}'));
                }
                self.expect(b'\\')?;
                self.expect(b'u')?;
                let low = self.hexadecimal()?;
                char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff)).unwrap_or('\u{fffd}')
            }
            _ => return Err(self.wrong()),
        })
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.at..self.at + 4).ok_or_else(|| self.wrong())?;
        let value = u32::from_str_radix(digits, 16).map_err(|_| self.wrong())?;
        self.at += 4;
        Ok(value)
    }
}
