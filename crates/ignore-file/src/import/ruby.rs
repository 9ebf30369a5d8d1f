//! Values as Ruby's `inspect` writes them: `{"file"=>"a.rb", "start_line"=>3}`.

use serde_json::{Map, Number, Value};
use std::iter::Peekable;
use std::str::Chars;

/// How deep values may nest.
const DEPTH: usize = 32;

/// Reads hashes, arrays, strings, symbols, numbers, `nil`, `true` and `false`, in the spelling of Ruby
/// before and since 3.4 (`"a" => 1`, `a: 1`); JSON too. `None` for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser { chars: text.trim().chars().peekable() };
    let value = parser.value(0)?;
    parser.space();
    parser.chars.next().is_none().then_some(value)
}

struct Parser<'t> {
    chars: Peekable<Chars<'t>>,
}

impl Parser<'_> {
    fn space(&mut self) {
        while self.chars.next_if(|c| c.is_whitespace()).is_some() {}
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.space();
        self.chars.next_if_eq(&wanted).is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.space();
        match *self.chars.peek()? {
            '{' => self.hash(depth),
            '[' => self.array(depth),
            '"' => self.string().map(Value::String),
            ':' => {
                self.chars.next();
                self.name().map(Value::String)
            }
            c if c.is_ascii_digit() || c == '-' => self.number(),
            _ => Some(match self.word()?.as_str() {
                "nil" | "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return None,
            }),
        }
    }

    fn hash(&mut self, depth: usize) -> Option<Value> {
        self.chars.next();
        let mut map = Map::new();
        while !self.eat('}') {
            if !map.is_empty() && !self.eat(',') {
                return None;
            }
            self.space();
            let first = *self.chars.peek()?;
            let key = match first {
                ':' => {
                    self.chars.next();
                    self.name()?
                }
                '"' => self.string()?,
                _ => self.word()?,
            };
            // `=>`, or the colon of a symbol or of JSON.
            self.space();
            if self.chars.next_if_eq(&'=').is_some() {
                self.chars.next_if_eq(&'>')?;
            } else {
                self.chars.next_if_eq(&':')?;
            }
            map.insert(key, self.value(depth + 1)?);
        }
        Some(Value::Object(map))
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.chars.next();
        let mut items = Vec::new();
        while !self.eat(']') {
            if !items.is_empty() && !self.eat(',') {
                return None;
            }
            items.push(self.value(depth + 1)?);
        }
        Some(Value::Array(items))
    }

    /// A symbol's name, quoted or not.
    fn name(&mut self) -> Option<String> {
        if self.chars.peek() == Some(&'"') { self.string() } else { self.word() }
    }

    fn word(&mut self) -> Option<String> {
        let mut word = String::new();
        while let Some(c) = self.chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '?' | '!')) {
            word.push(c);
        }
        Some(word).filter(|word| !word.is_empty())
    }

    fn number(&mut self) -> Option<Value> {
        let mut text = String::new();
        while let Some(c) =
            self.chars.next_if(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | '_'))
        {
            if c != '_' {
                text.push(c);
            }
        }
        if let Ok(number) = text.parse::<i64>() {
            return Some(number.into());
        }
        Number::from_f64(text.parse().ok()?).map(Value::Number)
    }

    fn string(&mut self) -> Option<String> {
        self.chars.next();
        let mut text = String::new();
        loop {
            match self.chars.next()? {
                '"' => return Some(text),
                '\\' => match self.chars.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'e' => text.push('\u{1b}'),
                    'a' | 'b' | 'v' | 'f' => {}
                    'u' => text.push(self.unicode()?),
                    'x' => text.push(self.hex(2)?),
                    // `\"`, `\\` and `\#`.
                    c => text.push(c),
                },
                c => text.push(c),
            }
        }
    }

    fn unicode(&mut self) -> Option<char> {
        if self.chars.next_if_eq(&'{').is_none() {
            return self.hex(4);
        }
        let mut digits = String::new();
        while let Some(c) = self.chars.next_if(char::is_ascii_hexdigit).filter(|_| digits.len() < 6) {
            digits.push(c);
        }
        self.chars.next_if_eq(&'}')?;
        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
    }

    fn hex(&mut self, length: usize) -> Option<char> {
        let digits: String = (0..length).map_while(|_| self.chars.next_if(char::is_ascii_hexdigit)).collect();
        if digits.len() < length {
            return None;
        }
        // Half a surrogate pair, of JSON, is no character.
        Some(char::from_u32(u32::from_str_radix(&digits, 16).ok()?).unwrap_or('\u{fffd}'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_as_ruby_writes_them() {
        for (text, want) in [
            (r#"{"file"=>"a.rb", "start_line"=>3}"#, Some(json!({"file": "a.rb", "start_line": 3}))),
            (r#"{"file" => "a.rb"}"#, Some(json!({"file": "a.rb"}))),
            (r#"{:file=>"a.rb", :line=>nil}"#, Some(json!({"file": "a.rb", "line": null}))),
            (r#"{file: "a.rb", "b c": 1.5}"#, Some(json!({"file": "a.rb", "b c": 1.5}))),
            (r#"{"file":"a.rb"}"#, Some(json!({"file": "a.rb"}))),
            (
                r#"{"dependency"=>{"package"=>{"name"=>"a"}, "version"=>"1"}, "x"=>[true, :y, -2]}"#,
                Some(json!({"dependency": {"package": {"name": "a"}, "version": "1"}, "x": [true, "y", -2]})),
            ),
            (r#"{"a"=>"q\"\\\n\u00e9\u{1F600}\#{x}"}"#, Some(json!({"a": "q\"\\\n\u{e9}\u{1F600}#{x}"}))),
            ("{}", Some(json!({}))),
            ("[]", Some(json!([]))),
            (r#"{"a"=>"b""#, None),
            (r#"{"a"=>1 "b"=>2}"#, None),
            (r#"{"a"=>#<Object>}"#, None),
            ("{} x", None),
            ("", None),
        ] {
            assert_eq!(parse(text), want, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
    }

    proptest::proptest! {
        #[test]
        fn json_is_read_as_such(text in "\\PC{0,40}", number in proptest::num::i64::ANY) {
            let value = json!({"a": text, "b": [number, null, true]});
            proptest::prop_assert_eq!(parse(&value.to_string()), Some(value));
        }

        #[test]
        fn nothing_panics(text in "[\\[\\]{}\":=>,\\\\u0-9a-f -]{0,60}") {
            let _ = parse(&text);
        }
    }
}
