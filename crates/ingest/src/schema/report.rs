//! The report itself, its scan, and what vulnerabilities of every kind have.

use super::details::{DETAILS_15_0, DETAILS_15_1, DETAILS_15_2};
use super::location::PACKAGED_15_0;
use super::shape::{Form, Object, Shape};
use scanlift_report_core::Kind;

const ANY_TEXT: Shape = Shape::Text { min: 0, max: usize::MAX };
const FILLED: Shape = Shape::Text { min: 1, max: usize::MAX };

const fn list(item: &'static Shape) -> Shape {
    Shape::List { item, min: 0, max: usize::MAX }
}

macro_rules! vulnerability {
    ($name:ident, $details:ident) => {
        pub(super) static $name: Object = Object::new(
            &["id", "identifiers", "location"],
            &[
                ("id", &FILLED),
                ("name", &Shape::Text { min: 0, max: 255 }),
                ("description", &Shape::Text { min: 0, max: 1_048_576 }),
                ("severity", &Shape::Word(&["Info", "Unknown", "Low", "Medium", "High", "Critical"])),
                ("solution", &Shape::Text { min: 0, max: 7_000 }),
                ("identifiers", &Shape::List { item: &IDENTIFIER, min: 1, max: usize::MAX }),
                ("cvss_vectors", &Shape::List { item: &CVSS, min: 1, max: 10 }),
                ("links", &list(&LINK)),
                ("details", &$details),
                ("tracking", &TRACKING),
                ("flags", &list(&FLAG)),
            ],
        );
    };
}

vulnerability!(VULNERABILITY_15_0, DETAILS_15_0);
vulnerability!(VULNERABILITY_15_1, DETAILS_15_1);
vulnerability!(VULNERABILITY_15_2, DETAILS_15_2);

static IDENTIFIER: Shape = Shape::Object(&Object::new(
    &["type", "name", "value"],
    &[("type", &FILLED), ("name", &FILLED), ("value", &FILLED), ("url", &Shape::Form(Form::Url))],
));
static LINK: Shape =
    Shape::Object(&Object::new(&["url"], &[("name", &ANY_TEXT), ("url", &Shape::Form(Form::Url))]));
static FLAG: Shape = Shape::Object(&Object::new(
    &["type", "origin", "description"],
    &[
        ("type", &Shape::Word(&["flagged-as-likely-false-positive"])),
        ("origin", &FILLED),
        ("description", &FILLED),
    ],
));
/// A vector of CVSS 2 or of CVSS 3; no vector is both.
static CVSS: Shape = Shape::Either(&[&CVSS_3, &CVSS_2]);
static CVSS_2: Shape = Shape::Object(&Object::new(
    &["vendor", "vector"],
    &[("vendor", &FILLED), ("vector", &Shape::Form(Form::Cvss2))],
));
static CVSS_3: Shape = Shape::Object(&Object::new(
    &["vendor", "vector"],
    &[("vendor", &FILLED), ("vector", &Shape::Form(Form::Cvss3))],
));
static TRACKING: Shape = Shape::Object(&Object::new(
    &["items"],
    &[
        ("type", &Shape::Word(&["source"])),
        (
            "items",
            &list(&Shape::Object(&Object::new(
                &["signatures"],
                &[
                    ("file", &ANY_TEXT),
                    ("start_line", &Shape::Number),
                    ("end_line", &Shape::Number),
                    (
                        "signatures",
                        &Shape::List {
                            item: &Shape::Object(&Object::new(
                                &["algorithm", "value"],
                                &[("algorithm", &ANY_TEXT), ("value", &ANY_TEXT)],
                            )),
                            min: 1,
                            max: usize::MAX,
                        },
                    ),
                ],
            ))),
        ),
    ],
));

static REMEDIATIONS: Shape = list(&Shape::Object(&Object::new(
    &["fixes", "summary", "diff"],
    &[
        ("fixes", &list(&Shape::Object(&Object::new(&["id"], &[("id", &FILLED)])))),
        ("summary", &FILLED),
        ("diff", &FILLED),
    ],
)));

static DEPENDENCY_FILES: Shape = list(&Shape::Object(&Object::new(
    &["path", "package_manager", "dependencies"],
    &[("path", &FILLED), ("package_manager", &FILLED), ("dependencies", &list(&PACKAGED_15_0))],
)));

static VENDOR: Shape = Shape::Object(&Object::new(&["name"], &[("name", &FILLED)]));
static ANALYZER: Shape = Shape::Object(&Object::new(
    &["id", "name", "version", "vendor"],
    &[
        ("id", &FILLED),
        ("name", &FILLED),
        ("url", &Shape::Form(Form::HttpUrl)),
        ("vendor", &VENDOR),
        ("version", &FILLED),
    ],
));
static SCANNER: Shape = Shape::Object(&Object::new(
    &["id", "name", "version", "vendor"],
    &[("id", &FILLED), ("name", &FILLED), ("url", &ANY_TEXT), ("vendor", &VENDOR), ("version", &FILLED)],
));
static MESSAGES: Shape = list(&Shape::Object(&Object::new(
    &["level", "value"],
    &[("level", &Shape::Word(&["info", "warn", "fatal"])), ("value", &FILLED)],
)));
static OPTIONS: Shape = list(&Shape::Object(&Object::new(
    &["name", "value"],
    &[
        ("name", &Shape::Text { min: 1, max: 255 }),
        ("source", &Shape::Word(&["argument", "file", "env_variable", "other"])),
        ("value", &Shape::Scalar { fraction: false }),
    ],
)));
static OBSERVABILITY: Shape = Shape::Object(&Object::new(
    &[],
    &[(
        "events",
        &list(&Shape::Object(&Object::new(
            &["event"],
            &[("event", &ANY_TEXT), ("property", &ANY_TEXT), ("label", &ANY_TEXT), ("value", &Shape::Number)],
        ))),
    )],
));
static SCANNED_RESOURCES: Shape = list(&Shape::Object(&Object::new(
    &["method", "url", "type"],
    &[("method", &FILLED), ("url", &FILLED), ("type", &FILLED)],
)));
const TIME: Shape = Shape::Form(Form::Time);
const STATUS: Shape = Shape::Word(&["success", "failure"]);

/// The fields of a report of a kind; the field `vulnerabilities` is a list of anything here.
macro_rules! report {
    ($types:expr, required: [$($required:literal),*], scan: [$(($field:literal, $shape:ident)),*], demanded: [$($demanded:literal),*], fields: [$(($top:literal, $top_shape:ident)),*]) => {
        {
            static REPORT: Object = Object::new(
            &["scan", "version", "vulnerabilities" $(, $required)*],
            &[
                ("schema", &Shape::Form(Form::HttpUrl)),
                ("version", &Shape::Form(Form::Version)),
                ("remediations", &REMEDIATIONS),
                (
                    "scan",
                    &Shape::Object(&Object::new(
                        &["analyzer", "end_time", "scanner", "start_time", "status", "type" $(, $demanded)*],
                        &[
                            ("type", &Shape::Word($types)),
                            ("analyzer", &ANALYZER),
                            ("scanner", &SCANNER),
                            ("start_time", &TIME),
                            ("end_time", &TIME),
                            ("status", &STATUS),
                            ("messages", &MESSAGES),
                            ("options", &OPTIONS),
                            ("primary_identifiers", &list(&IDENTIFIER))
                            $(, ($field, &$shape))*
                        ],
                    )),
                )
                $(, ($top, &$top_shape))*
            ],
        );
            &REPORT
        }
    };
}

/// The fields of a report.
pub(super) fn of(kind: Kind, oldest: bool, newest: bool) -> &'static Object {
    macro_rules! plain {
        ($types:expr) => {
            if newest {
                report!($types, required: [], scan: [("observability", OBSERVABILITY)], demanded: [], fields: [])
            } else {
                report!($types, required: [], scan: [], demanded: [], fields: [])
            }
        };
    }
    match kind {
        Kind::Sast => plain!(&["sast"]),
        Kind::SecretDetection => plain!(&["secret_detection"]),
        Kind::DependencyScanning if oldest => report!(
            &["dependency_scanning"],
            required: ["dependency_files"],
            scan: [],
            demanded: [],
            fields: [("dependency_files", DEPENDENCY_FILES)]
        ),
        Kind::DependencyScanning => plain!(&["dependency_scanning"]),
        Kind::ContainerScanning if oldest => plain!(&["container_scanning"]),
        Kind::ContainerScanning => plain!(&["container_scanning", "container_scanning_for_registry"]),
        Kind::ClusterImageScanning => plain!(&["cluster_image_scanning"]),
        Kind::CoverageFuzzing => plain!(&["coverage_fuzzing"]),
        Kind::Dast | Kind::ApiFuzzing if newest => report!(
            &["dast", "api_fuzzing"],
            required: [],
            scan: [("observability", OBSERVABILITY), ("scanned_resources", SCANNED_RESOURCES)],
            demanded: ["scanned_resources"],
            fields: []
        ),
        Kind::Dast | Kind::ApiFuzzing => report!(
            &["dast", "api_fuzzing"],
            required: [],
            scan: [("scanned_resources", SCANNED_RESOURCES)],
            demanded: ["scanned_resources"],
            fields: []
        ),
    }
}
