//! What stands in the `details` of a vulnerability.

use super::shape::{Object, Shape};

const ANY_TEXT: Shape = Shape::Text { min: 0, max: usize::MAX };
const FILLED: Shape = Shape::Text { min: 1, max: usize::MAX };
const LINE: Shape = Shape::Integer { least: 1 };
const WHOLE: Shape = Shape::Integer { least: i64::MIN };

/// A field of details has a name beside its value.
static NAMED: Object = Object::new(&["name"], &[("name", &ANY_TEXT), ("description", &ANY_TEXT)]);

macro_rules! version {
    ($details:ident, $detail:ident, $file:expr, [$($more:expr),*]) => {
        /// `details`.
        pub(super) static $details: Shape = Shape::Map(&NAMED, &$detail);

        static $detail: Shape = Shape::Tagged(&[
            ("named-list", &Object::new(&["type", "items"], &[("items", &$details)])),
            ("list", &Object::new(&["type", "items"], &[("items", &list(&$detail))])),
            (
                "table",
                &Object::new(&["type", "rows"], &[("header", &list(&$detail)), ("rows", &list(&list(&$detail)))]),
            ),
            ("text", &TEXT),
            ("url", &Object::new(&["type", "href"], &[("href", &FILLED), ("text", &ANY_TEXT)])),
            ("code", &Object::new(&["type", "value"], &[("value", &ANY_TEXT), ("lang", &ANY_TEXT)])),
            ("value", &Object::new(&["type", "value"], &[("value", &Shape::Scalar { fraction: true })])),
            (
                "diff",
                &Object::new(&["type", "before", "after"], &[("before", &ANY_TEXT), ("after", &ANY_TEXT)]),
            ),
            ("markdown", &TEXT),
            ("commit", &Object::new(&["type", "value"], &[("value", &FILLED)])),
            ("file-location", &$file),
            (
                "module-location",
                &Object::new(&["type", "module_name", "offset"], &[("module_name", &FILLED), ("offset", &WHOLE)]),
            ),
            $($more),*
        ]);
    };
}

static TEXT: Object = Object::new(&["type", "value"], &[("value", &ANY_TEXT)]);

const fn list(item: &'static Shape) -> Shape {
    Shape::List { item, min: 0, max: usize::MAX }
}

static FILE: Object = Object::new(
    &["type", "file_name", "line_start"],
    &[("file_name", &FILLED), ("line_start", &WHOLE), ("line_end", &WHOLE)],
);
static FILE_15_2: Object = Object {
    required: &["type", "file_name", "line_start"],
    fields: &[
        ("file_name", &FILLED),
        ("line_start", &LINE),
        ("line_end", &LINE),
        ("column_start", &LINE),
        ("column_end", &LINE),
    ],
    together: &[("column_start", "column_end")],
    others: None,
};

macro_rules! code_flows {
    ($file:ident) => {
        &Object::new(
            &["type", "items"],
            &[(
                "items",
                &Shape::List {
                    item: &Shape::List {
                        item: &Shape::Object(&Object::new(
                            &["file_location", "node_type"],
                            &[
                                ("file_location", &Shape::Tagged(&[("file-location", &$file)])),
                                ("node_type", &Shape::Word(&["source", "sink", "propagation"])),
                                ("type", &Shape::Word(&["code-flow-node"])),
                            ],
                        )),
                        min: 1,
                        max: usize::MAX,
                    },
                    min: 1,
                    max: 10,
                },
            )],
        )
    };
}

version!(DETAILS_15_0, DETAIL_15_0, FILE, []);
version!(DETAILS_15_1, DETAIL_15_1, FILE, [("code-flows", code_flows!(FILE))]);
version!(DETAILS_15_2, DETAIL_15_2, FILE_15_2, [("code-flows", code_flows!(FILE_15_2))]);
