//! A small language for what a value must be, and the check of a value against it.
//!
//! It has what GitLab's report schemas use of JSON Schema (draft 7), and nothing else.

use super::error::{Problem, SchemaError};
use serde_json::{Map, Value};

/// What a value must be.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A string of `min` to `max` characters.
    Text {
        min: usize,
        max: usize,
    },
    /// A string of a form that has a name.
    Form(Form),
    /// One of these strings.
    Word(&'static [&'static str]),
    /// Any number.
    Number,
    /// A whole number, not below the least one.
    Integer {
        least: i64,
    },
    Boolean,
    /// A number, a string or a truth value; with `fraction` false only whole numbers, and null.
    Scalar {
        fraction: bool,
    },
    /// A list.
    List {
        item: &'static Shape,
        min: usize,
        max: usize,
    },
    /// An object with these fields; others are of no interest.
    Object(&'static Object),
    /// An object of which every value is both.
    Map(&'static Object, &'static Shape),
    /// An object of one of several sorts, told by its `type`.
    Tagged(&'static [(&'static str, &'static Object)]),
    /// Like [`Self::Tagged`] with fewer sorts, for older versions.
    Either(&'static [&'static Shape]),
}

/// The fields of an object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) required: &'static [&'static str],
    pub(crate) fields: &'static [(&'static str, &'static Shape)],
    /// Of each pair, one field demands the other.
    pub(crate) together: &'static [(&'static str, &'static str)],
    /// The other fields that may be there; `None` if any may.
    pub(crate) others: Option<&'static [&'static str]>,
}

impl Object {
    pub(crate) const fn new(
        required: &'static [&'static str],
        fields: &'static [(&'static str, &'static Shape)],
    ) -> Self {
        Self { required, fields, together: &[], others: None }
    }

    /// With no other fields than these and `others`, of which only the names are of interest.
    pub(crate) const fn closed(
        required: &'static [&'static str],
        fields: &'static [(&'static str, &'static Shape)],
        others: &'static [&'static str],
    ) -> Self {
        Self { required, fields, together: &[], others: Some(others) }
    }
}

/// Strings of a form, with what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// `https?://`.
    HttpUrl,
    /// `(https?|ftp)://`.
    Url,
    /// `2025-01-31T12:00:00`.
    Time,
    /// `15.2.1`.
    Version,
    /// A vector of CVSS 2.
    Cvss2,
    /// A vector of CVSS 3.0 or 3.1.
    Cvss3,
}

/// Where a value stands, as a chain from the inside to the outside.
#[derive(Clone, Copy)]
pub(crate) struct Pointer<'p> {
    pub(crate) parent: Option<&'p Pointer<'p>>,
    pub(crate) step: Step<'p>,
}

#[derive(Clone, Copy)]
pub(crate) enum Step<'p> {
    Root,
    Key(&'p str),
    Index(u64),
}

impl<'p> Pointer<'p> {
    pub(crate) const ROOT: Pointer<'static> = Pointer { parent: None, step: Step::Root };

    pub(crate) fn key(&'p self, key: &'p str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    pub(crate) fn index(&'p self, index: u64) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// As RFC 6901 writes it.
    pub(crate) fn render(&self) -> String {
        let mut pointer = self.parent.map(Pointer::render).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}

/// Where errors go.
pub(crate) trait Errors {
    fn push(&mut self, at: &Pointer<'_>, problem: Problem);
}

impl Errors for Vec<SchemaError> {
    fn push(&mut self, at: &Pointer<'_>, problem: Problem) {
        Self::push(self, SchemaError { pointer: at.render(), problem });
    }
}

impl Shape {
    /// Checks a value, and tells everything that is wrong with it.
    pub(crate) fn check(&self, value: &Value, at: &Pointer<'_>, errors: &mut dyn Errors) {
        match self {
            Self::Text { min, max } => check_text(value, *min, *max, at, errors),
            Self::Form(form) => check_form(value, *form, at, errors),
            Self::Word(words) => check_word(value, words, at, errors),
            Self::Number if value.is_number() => {}
            Self::Number => errors.push(at, Problem::kind("a number", value)),
            Self::Integer { least } => check_integer(value, *least, at, errors),
            Self::Boolean if value.is_boolean() => {}
            Self::Boolean => errors.push(at, Problem::kind("true or false", value)),
            Self::Scalar { fraction } => check_scalar(value, *fraction, at, errors),
            Self::List { item, min, max } => {
                let Value::Array(items) = value else {
                    return errors.push(at, Problem::kind("a list", value));
                };
                if items.len() < *min || items.len() > *max {
                    errors.push(at, Problem::Count { found: items.len(), min: *min, max: *max });
                }
                for (index, value) in items.iter().enumerate() {
                    item.check(value, &at.index(index as u64), errors);
                }
            }
            Self::Object(object) => {
                if let Some(map) = object_of(value, at, errors) {
                    object.check(map, at, errors);
                }
            }
            Self::Map(each, shape) => {
                for (key, value) in object_of(value, at, errors).into_iter().flatten() {
                    let at = at.key(key);
                    if let Value::Object(map) = value {
                        each.check(map, &at, errors);
                    }
                    shape.check(value, &at, errors);
                }
            }
            Self::Tagged(sorts) => {
                let Some(map) = object_of(value, at, errors) else { return };
                let tag = map.get("type");
                match tag.and_then(Value::as_str).and_then(|tag| sorts.iter().find(|(name, _)| *name == tag))
                {
                    Some((_, object)) => object.check(map, at, errors),
                    None => {
                        let words = sorts.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                        let found = tag.map_or_else(|| "nothing".to_owned(), Problem::excerpt);
                        errors.push(&at.key("type"), Problem::Word { words, found });
                    }
                }
            }
            Self::Either(shapes) => {
                let mut closest: Option<Vec<SchemaError>> = None;
                for shape in *shapes {
                    let mut found = Vec::new();
                    shape.check(value, at, &mut found);
                    if found.is_empty() {
                        return;
                    }
                    if closest.as_ref().is_none_or(|closest| found.len() < closest.len()) {
                        closest = Some(found);
                    }
                }
                for error in closest.into_iter().flatten() {
                    errors.push(at, error.problem);
                }
            }
        }
    }
}

impl Object {
    pub(crate) fn check(&self, map: &Map<String, Value>, at: &Pointer<'_>, errors: &mut dyn Errors) {
        self.check_required(|key| map.contains_key(key), at, errors);
        for (key, shape) in self.fields {
            if let Some(value) = map.get(*key) {
                shape.check(value, &at.key(key), errors);
            }
        }
        if let Some(others) = self.others {
            let is_known =
                |key: &str| others.contains(&key) || self.fields.iter().any(|(name, _)| *name == key);
            for key in map.keys().filter(|key| !is_known(key)) {
                errors.push(at, Problem::Unknown { field: key.clone() });
            }
        }
    }

    /// The part of the check that asks only which fields there are.
    pub(crate) fn check_required(
        &self,
        has: impl Fn(&str) -> bool,
        at: &Pointer<'_>,
        errors: &mut dyn Errors,
    ) {
        for key in self.required {
            if !has(key) {
                errors.push(at, Problem::Missing { field: key });
            }
        }
        for (one, other) in self.together {
            for (one, other) in [(one, other), (other, one)] {
                if has(one) && !has(other) {
                    errors.push(at, Problem::Missing { field: other });
                }
            }
        }
    }
}

fn object_of<'v>(
    value: &'v Value,
    at: &Pointer<'_>,
    errors: &mut dyn Errors,
) -> Option<&'v Map<String, Value>> {
    if !value.is_object() {
        errors.push(at, Problem::kind("an object", value));
    }
    value.as_object()
}

fn check_text(value: &Value, min: usize, max: usize, at: &Pointer<'_>, errors: &mut dyn Errors) {
    let Value::String(text) = value else {
        return errors.push(at, Problem::kind("a string", value));
    };
    // Characters are never more than bytes, and at least a quarter of them.
    if text.len() / 4 < min || text.len() > max {
        let found = text.chars().count();
        if found < min || found > max {
            errors.push(at, Problem::Length { found, min, max });
        }
    }
}

fn check_form(value: &Value, form: Form, at: &Pointer<'_>, errors: &mut dyn Errors) {
    match value {
        Value::String(text) if form.fits(text) => {}
        Value::String(_) => errors.push(at, Problem::Form { form, found: Problem::excerpt(value) }),
        _ => errors.push(at, Problem::kind("a string", value)),
    }
}

fn check_word(value: &Value, words: &[&str], at: &Pointer<'_>, errors: &mut dyn Errors) {
    if !value.as_str().is_some_and(|text| words.contains(&text)) {
        errors.push(at, Problem::Word { words: words.join(", "), found: Problem::excerpt(value) });
    }
}

fn check_integer(value: &Value, least: i64, at: &Pointer<'_>, errors: &mut dyn Errors) {
    let Value::Number(number) = value else {
        return errors.push(at, Problem::kind("a whole number", value));
    };
    let float = number.as_f64().unwrap_or_default();
    // 3.0 is whole, as draft 7 has it.
    if number.is_f64() && float.fract() != 0.0 {
        errors.push(at, Problem::kind("a whole number", value));
    } else if number.as_i64().map_or(float < least as f64, |number| number < least) {
        errors.push(at, Problem::Least { found: Problem::excerpt(value), least });
    }
}

fn check_scalar(value: &Value, fraction: bool, at: &Pointer<'_>, errors: &mut dyn Errors) {
    let fits = match value {
        Value::String(_) | Value::Bool(_) => true,
        Value::Null => !fraction,
        Value::Number(number) => {
            fraction || !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        _ => false,
    };
    if !fits {
        let expected = if fraction {
            "a string, a number, true or false"
        } else {
            "a string, a whole number, true, false or null"
        };
        errors.push(at, Problem::kind(expected, value));
    }
}
