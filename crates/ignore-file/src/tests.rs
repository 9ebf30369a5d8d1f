use crate::import::{self, Draft, gitlab, sarif, trivy};
use crate::*;
use scanlift_report_core::{
    Dependency, DependencyLocation, Identifier, Kind, Location, SourceLocation, Vulnerability,
};

fn today() -> Date {
    Date::constant(2026, 11, 28)
}

fn read(toml: &str) -> IgnoreFile {
    IgnoreFile::parse("f", toml, today()).unwrap_or_else(|error| panic!("{toml}: {error}"))
}

fn code() -> Vulnerability<'static> {
    let rule = Identifier::new("semgrep_rule_id", "py.sqli", "py.sqli").expect("filled");
    let mut finding = Vulnerability::new(rule, Location::Sast(SourceLocation::lines("src/a/b.py", 3, 3)));
    finding.identifiers.extend(Identifier::new("cwe", "CWE-89", "89"));
    finding
}

fn package() -> Vulnerability<'static> {
    let cve = Identifier::new("cve", "CVE-2021-44228", "CVE-2021-44228").expect("filled");
    let location = DependencyLocation::new("pom.xml", Dependency::new("org.acme/lib", "2.14.1"));
    let mut finding = Vulnerability::new(cve, Location::DependencyScanning(location));
    finding.details.text("package_url", "Package URL", "pkg:maven/org.acme/lib@2.14.1");
    finding
}

#[test]
fn all_conditions_must_hold() {
    let id = code().content_id();
    let by_id = format!("finding = '{id}'");
    for (entry, of_code, of_package) in [
        ("identifier = 'CVE-2021-44228'", false, true),
        ("identifier = 'cve-2021-44228'", false, true),
        ("identifier = ['CVE-1', 'CVE-2021-44228']", false, true),
        ("identifier = {type = 'cve', value = 'CVE-2021-44228'}", false, true),
        ("identifier = {type = 'ghsa', value = 'CVE-2021-44228'}", false, false),
        ("identifier = 'CWE-89'", true, false),
        ("identifier = {type = 'cwe', value = '89'}", true, false),
        ("rule = 'py.sqli'", true, false),
        ("rule = 'CWE-89'", false, false),
        (&by_id, true, false),
        ("path = 'src/**'", true, false),
        ("path = 'src/a'", true, false),
        ("path = 'b.py'", true, false),
        ("path = '/b.py'", false, false),
        ("path = './src/a/b.py'", true, false),
        ("path = '*.xml'", false, true),
        ("path = ['x', 'src/*/b.py']", true, false),
        ("package = 'org.acme:lib'", false, true),
        ("package = 'lib2'", false, false),
        ("package = 'pkg:maven/org.acme/lib'", false, true),
        ("package = {purl = 'pkg:maven/org.acme/lib@2.14.1'}", false, true),
        ("package = {purl = 'pkg:maven/org.acme/lib@2.15.0'}", false, false),
        (
            "package = {name = 'org.acme/lib', purl = 'pkg:maven/org.acme/lib', version = '<2.15.0'}",
            false,
            true,
        ),
        ("package = {purl = 'pkg:maven/org.acme/lib', version = '>=2.15.0'}", false, false),
        ("kind = 'sast'", true, false),
        ("kind = ['dast', 'dependency_scanning']", false, true),
        ("scanner = 'Semgrep'", true, true),
        ("scanner = 'scanlift-semgrep'", true, true),
        ("scanner = 'trivy'", false, false),
        ("identifier = 'CWE-89'\npath = 'src/**'\nkind = 'sast'\nscanner = 'semgrep'", true, false),
        ("identifier = 'CWE-89'\npath = 'test/**'", false, false),
        ("rule = 'py.sqli'\nidentifier = 'CWE-79'", false, false),
    ] {
        let file = read(&format!("[[ignore]]\n{entry}\nreason = 'r'"));
        let found = |finding: &Vulnerability<'_>| {
            file.find(finding, "scanlift-semgrep", &mut Usage::default()).is_some()
        };
        assert_eq!((found(&code()), found(&package())), (of_code, of_package), "{entry}");
    }
}

#[test]
fn expired_and_unused_entries_are_told() {
    let file = read(
        "# why\n[[ignore]]\nrule = 'py.sqli'\nreason = 'r'\nexpires = 2026-11-28\nowner = 'bob'\n
[[ignore]]\nrule = 'gone'\nreason = 'r'\n
[[ignore]]\nidentifier = 'CVE-2021-44228'\nreason = 'r'\nexpires = '2026-11-29'\n",
    );
    let mut usage = Usage::default();
    assert!(file.find(&code(), "s", &mut usage).is_none());
    assert!(file.find(&package(), "s", &mut usage).is_some());
    assert_eq!(
        file.warnings(Some(&usage)),
        [
            "line 2 (py.sqli): expired on 2026-11-28 and no longer counts: 1 finding is back; owner: bob",
            "line 8 (gone): covers no finding",
        ]
    );
    let fates: Vec<_> = file.fates(&usage).map(|(_, fate)| fate).collect();
    assert_eq!(fates, [Fate::Expired(1), Fate::Unused, Fate::Used(1)]);
    // A later entry stands in for an expired one.
    let file = read(
        "[[ignore]]\nrule = 'py.sqli'\nreason = 'old'\nexpires = 2020-01-01\n[[ignore]]\nkind = 'sast'\nreason = 'new'",
    );
    assert_eq!(file.find(&code(), "s", &mut Usage::default()).map(|it| it.reason.as_str()), Some("new"));
}

#[test]
fn what_would_hide_by_mistake_is_refused() {
    for (toml, want) in [
        ("[[ignore]]\nrule = 'a'", "line 1: `reason` is missing"),
        ("[[ignore]]\nrule = 'a'\nreason = ' '", "line 3: `reason` is empty"),
        ("[[ignore]]\nreason = 'r'", "line 1: the entry has no condition"),
        (
            "[[ignore]]\nrule = 'a'\nreason = 'r'\nexpire = 2026-01-01",
            "line 4: `expire` is no key of an entry; did you mean `expires`?",
        ),
        ("[[ignore]]\nrule = 'a'\nreason = 'r'\nexpires = 'soon'", "line 4: `expires`: a date is expected"),
        ("[[ignore]]\nkind = 'sost'\nreason = 'r'", "line 2: `sost` is no kind of report"),
        ("[[ignore]]\npath = 'a/[b'\nreason = 'r'", "line 2: the glob `a/[b`"),
        ("[[ignore]]\nrule = 3\nreason = 'r'", "line 2: `rule`: a text is expected, not integer"),
        (
            "[[ignore]]\npackage = {version = '1'}\nreason = 'r'",
            "line 2: `package`: `name` or `purl` is missing",
        ),
        ("[[ignore]]\npackage = 'pkg:x'\nreason = 'r'", "line 2: `pkg:x` is no package URL"),
        ("[ignore]\nrule = 'a'", "two brackets"),
        ("\n[[ignored]]\nrule = 'a'", "`ignored` means nothing here"),
        ("[[ignore]]\nrule = ", "line 2: "),
    ] {
        let error = IgnoreFile::parse("f", toml, today()).expect_err(toml).to_string();
        assert!(error.contains(want), "{want}\n{error}");
    }
    assert!(read("# nothing yet").entries().is_empty());
    assert_eq!(read("ignore = [{rule = 'a', reason = 'r'}]").entries().len(), 1);
}

fn draft() -> Draft {
    Draft::default()
}

#[test]
fn trivy_ignore_files_are_imported() {
    let plain = "\u{feff}# Accept the\n# risk\nCVE-2018-14618\nCVE-2018-2\n\nCVE-2019-14697 exp:2023-01-01\n# No impact\nAVD-DS-0002 # on purpose\nCVE-1 exp:soon\n";
    assert!(trivy::is_plain(plain));
    let imported = trivy::plain(plain);
    let of = |id: &str, reason: Option<&str>| Draft {
        identifier: Some(id.to_owned()),
        reason: reason.map(str::to_owned),
        ..draft()
    };
    assert_eq!(
        imported.drafts,
        [
            of("CVE-2018-14618", Some("Accept the risk")),
            of("CVE-2018-2", Some("Accept the risk")),
            Draft { expires: Some(Date::constant(2023, 1, 1)), ..of("CVE-2019-14697", None) },
            of("AVD-DS-0002", Some("on purpose")),
        ]
    );
    assert_eq!(imported.warnings, ["line 9: `exp:soon` is no date: CVE-1 is left out"]);

    let yaml = "vulnerabilities:
  - id: CVE-2022-40897
    paths: [usr/lib/a, b.jar]
    statement: Accept the risk
    expired_at: 2023-01-01
  - id: CVE-2022-1
    purls: ['pkg:deb/debian/bash']
  - id: CVE-2022-2
    purls: ['pkg:deb/debian/bash', 'pkg:d\u{fffd}b/debian/bash']
secrets:
  - id: aws-access-key-id
    paths: ['tests/**']
licenses:
  - id: GPL-3.0
";
    let imported = trivy::yaml(yaml).expect("a file");
    assert_eq!(
        imported.drafts,
        [
            Draft {
                paths: vec!["usr/lib/a".to_owned(), "/b.jar".to_owned()],
                expires: Some(Date::constant(2023, 1, 1)),
                ..of("CVE-2022-40897", Some("Accept the risk"))
            },
            Draft { packages: vec!["pkg:deb/debian/bash".to_owned()], ..of("CVE-2022-1", None) },
            Draft {
                paths: vec!["tests/**".to_owned()],
                kind: Some(Kind::SecretDetection),
                ..of("aws-access-key-id", None)
            },
        ]
    );
    assert_eq!(imported.warnings.len(), 3);
    assert!(imported.warnings[0].ends_with("is no package URL: CVE-2022-2 is left out"));
    assert!(trivy::yaml("vulnerabilities: [").is_err());
}

#[test]
fn other_texts_are_no_trivyignore() {
    for (text, is_plain) in [
        ("", true),
        ("# Nothing yet\n", true),
        ("CVE-2018-14618\r\n\tRHSA-2021:1234\texp:2023-01-01\t# until then\naws-access-key-id", true),
        ("Dear all\nplease look at these files\n", false),
        ("CVE-2018-14618\nCVE-2018-2 is no risk\n", false),
        ("Status;Severity\ndismissed;high\n", false),
        ("a,b\n", false),
        ("[]", false),
        ("<report/>", false),
    ] {
        assert_eq!(trivy::is_plain(text), is_plain, "{text}");
    }
}

#[test]
fn sarif_suppressions_are_imported() {
    let result = |rule: &str, suppressions: &str| {
        format!(
            r#"{{{rule}, "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "src/a%20[b].py"}}}}}}]{suppressions}}}"#
        )
    };
    let results = [
        result(r#""ruleId": "a""#, ""),
        result(r#""ruleId": "b""#, r#", "suppressions": []"#),
        result(
            r#""ruleId": "c""#,
            r#", "suppressions": [{"kind": "inSource", "justification": "Safe\nhere"}]"#,
        ),
        result(r#""ruleId": "d""#, r#", "suppressions": [{"kind": "external", "status": "underReview"}]"#),
        result(
            r#""ruleIndex": 1"#,
            r#", "suppressions": [{"kind": "external", "status": "accepted", "properties": {"alias": "bob", "expiryUtc": "2027-02-03T04:05:06Z"}}]"#,
        ),
        result(r#""level": "note""#, r#", "suppressions": [{"kind": "external"}]"#),
    ];
    let sarif = format!(
        r#"{{"version": "2.1.0", "runs": [{{"results": [{}], "tool": {{"driver": {{"name": "T", "rules": [{{"id": "x"}}, {{"id": "y"}}]}}}}}}]}}"#,
        results.join(",")
    );
    let imported = sarif::read(&sarif.as_str()).expect("SARIF");
    let of = |rule: &str| Draft {
        rule: Some(rule.to_owned()),
        paths: vec!["src/a [[]b[]].py".to_owned()],
        ..draft()
    };
    assert_eq!(
        imported.drafts,
        [
            Draft { reason: Some("Safe here".to_owned()), ..of("c") },
            Draft { owner: Some("bob".to_owned()), expires: Some(Date::constant(2027, 2, 3)), ..of("y") },
        ]
    );
    assert_eq!(imported.warnings.len(), 1);
    for bad in ["", "{}", "[]", "{\"runs\": [{]}"] {
        assert!(sarif::read(&bad).is_err(), "{bad}");
    }
}

#[test]
fn dismissals_of_gitlab_are_imported() {
    let header = "Group Name,Project Name,Tool,Scanner Name,Status,Vulnerability,Details,Additional Info,Severity,CVE,CWE,Other Identifiers,Detected At,Location,Activity,Comments,Full Path,CVSS Vectors,Dismissal Reason";
    let rows = r#"
G,P,sast,Semgrep,dismissed,SQL injection,,,high,,CWE-89,py.sqli; A03:2021,2022-10-07 13:34:41 UTC,"{""file""=>""src/a.rb"", ""start_line""=>3}",false,2022-10-08 10:00:00 UTC|alice|dismissed|Input is checked; see #3,g/p,,used_in_tests
G,P,container_scanning,Trivy,dismissed,CVE in bash,,,high,CVE-2020-1,,,2022-10-07 13:34:41 UTC,"{""image""=>""app:1"", ""dependency""=>{""package""=>{""name""=>""bash""}, ""version""=>""5""}}",false,,g/p,,
G,P,sast,Semgrep,detected,Other,,,high,,,py.other,,{},false,,g/p,,
G,P,sast,Semgrep,dismissed,Nothing,,,high,,,,,{},false,,g/p,,
G,P,dast,ZAP,dismissed,Header,,,low,,,'@zap-1,,"{""path""=>""/""}",false,,g/p,,
"#;
    for header in [
        header.to_owned(),
        header.replace("Tool", "Scanner Type"),
        format!("\u{feff}Vulnerability ID,{}", header.replace("Tool", "Report type")),
    ] {
        let rows = if header.contains("Vulnerability ID") {
            rows.replace("\nG,P", "\n7,G,P")
        } else {
            rows.to_owned()
        };
        assert!(gitlab::is_header(&header));
        let imported = gitlab::read(&format!("{header}{rows}").as_str()).expect("an export");
        assert_eq!(
            imported.drafts,
            [
                Draft {
                    identifier: Some("py.sqli".to_owned()),
                    paths: vec!["src/a.rb".to_owned()],
                    kind: Some(Kind::Sast),
                    reason: Some("Used in tests: Input is checked; see #3 (SQL injection)".to_owned()),
                    owner: Some("alice".to_owned()),
                    ..draft()
                },
                Draft {
                    identifier: Some("CVE-2020-1".to_owned()),
                    packages: vec!["bash".to_owned()],
                    kind: Some(Kind::ContainerScanning),
                    ..draft()
                },
                Draft { identifier: Some("@zap-1".to_owned()), kind: Some(Kind::Dast), ..draft() },
            ]
        );
        assert_eq!(imported.warnings.len(), 2, "{:?}", imported.warnings);
    }
    assert!(gitlab::read(&"a,b\n1,2\n").is_err());
}

#[test]
fn no_class_of_weaknesses_is_ignored() {
    let header = "Tool,Status,Vulnerability,Other Identifiers,Location\n";
    let row =
        |others: &str| format!("{header}sast,dismissed,A,{others},\"{{\"\"file\"\"=>\"\"a.py\"\"}}\"\n");
    for (others, want) in [
        ("A03:2021 - Injection; semgrep.py-sqli", Some("semgrep.py-sqli")),
        ("A1:2017-Injection; AB:2021; x", Some("AB:2021")),
        ("A03:2021 - Injection", None),
    ] {
        let imported = gitlab::read(&row(others).as_str()).expect("an export");
        let found = imported.drafts.first().and_then(|draft| draft.identifier.as_deref());
        assert_eq!(found, want, "{others}");
        assert_eq!(imported.warnings.len(), usize::from(want.is_none()), "{:?}", imported.warnings);
    }
}

#[test]
fn what_a_spreadsheet_makes_of_an_export_is_imported() {
    let rows = |delimiter: &str, project: &str| {
        [
            "\u{feff}Tool|Status|Vulnerability|Other Identifiers|Location|Full Path\r\n",
            "sast|dismissed|A, B|\"py.sqli; A03\"|\"{\"\"file\"\"=>\"\"src/a.rb\"\"}\"|g/p\r\n",
            "sast|dismissed|\"C; D\"|py.xss|\"{\"\"file\"\"=>\"\"src/b.rb\"\"}\"|PROJECT\r\n",
            "sast|detected|E|py.e|{}|other\r\n",
        ]
        .concat()
        .replace('|', delimiter)
        .replace("PROJECT", project)
    };
    for delimiter in [";", "\t"] {
        let text = rows(delimiter, "g/p");
        assert!(gitlab::is_header(text.lines().next().expect("a line")));
        let imported = gitlab::read(&text.as_str()).expect("an export");
        let of = |identifier: &str, path: &str| Draft {
            identifier: Some(identifier.to_owned()),
            paths: vec![path.to_owned()],
            kind: Some(Kind::Sast),
            ..draft()
        };
        assert_eq!(imported.drafts, [of("py.sqli", "src/a.rb"), of("py.xss", "src/b.rb")]);
        assert!(imported.warnings.is_empty(), "{:?}", imported.warnings);
    }
    // What is dismissed there would be ignored here.
    let imported = gitlab::read(&rows(";", "g/q").as_str()).expect("an export");
    assert_eq!(imported.drafts.len(), 2);
    let [warning] = imported.warnings.as_slice() else { panic!("{:?}", imported.warnings) };
    assert!(warning.starts_with("the dismissals are of 2 projects, as g/p and g/q,"), "{warning}");
    for line in ["Dear all; vulnerability status, location", "Status Vulnerability Location"] {
        assert!(!gitlab::is_header(line), "{line}");
    }
}

#[test]
fn a_file_keeps_what_people_wrote() {
    let existing = "# Ours.\n\n[[ignore]] # the first\nidentifier = [\"CVE-1\"]   # spaced\nreason = 'known'\n\n# The end.\n";
    let drafts = [
        Draft { identifier: Some("CVE-1".to_owned()), reason: Some("other".to_owned()), ..draft() },
        Draft {
            identifier: Some("CVE-2".to_owned()),
            paths: vec!["a".to_owned(), "b\"c".to_owned()],
            reason: Some("Because\u{7f} \"x\"".to_owned()),
            owner: Some("bob".to_owned()),
            expires: Some(Date::constant(2027, 1, 2)),
            ..draft()
        },
        Draft { rule: Some("r".to_owned()), kind: Some(Kind::Sast), ..draft() },
        Draft {
            rule: Some("r".to_owned()),
            kind: Some(Kind::Sast),
            reason: Some("again".to_owned()),
            ..draft()
        },
    ];
    let written = import::add(existing, "a\nb.sarif", &drafts).expect("a file");
    assert_eq!((written.added, written.known, written.placeholders), (2, 2, 1));
    assert!(
        written.toml.starts_with("# Ours.\n\n[[ignore]] # the first\nidentifier = [\"CVE-1\"]   # spaced\n"),
        "{}",
        written.toml
    );
    for part in [
        "# The end.",
        "# From a b.sarif.\n[[ignore]]\nidentifier = \"CVE-2\"\n",
        "expires = 2027-01-02\n",
        PLACEHOLDER,
    ] {
        assert!(written.toml.contains(part), "{part}\n{}", written.toml);
    }
    let file = read(&written.toml);
    assert_eq!(file.entries().len(), 3);
    assert!(file.warnings(None).iter().any(|it| it.contains("the reason is still to be given")));
    let again = import::add(&written.toml, "x", &drafts).expect("a file");
    assert_eq!((again.added, &again.toml), (0, &written.toml));
    assert!(import::add("", "x", &drafts).expect("a file").toml.starts_with("# From x.\n[[ignore]]\n"));
    assert_eq!(import::add("# c\n", "x", &[]).expect("a file").toml, "# c\n");
    assert!(import::add("ignore = 1", "x", &drafts).is_err());
    assert!(import::add("ignore = ", "x", &drafts).is_err());
}

proptest::proptest! {
    /// What is imported can be read again, whatever the source says.
    #[test]
    fn imported_entries_are_read_again(id in "\\PC{1,20}", path in "\\PC{1,20}", reason in "\\PC{0,20}") {
        let text = |text: &str| import::one_line(text);
        let Some(id) = text(&id) else { return Ok(()) };
        let Some(path) = text(&path).filter(|path| !path.trim_matches(['/', '.']).is_empty()) else { return Ok(()) };
        let one = Draft { identifier: Some(id), paths: vec![import::glob_of(&path)], reason: text(&reason), ..draft() };
        let written = import::add("", &path, &[one]).expect("a file");
        proptest::prop_assert!(IgnoreFile::parse("f", &written.toml, today()).is_ok(), "{}", written.toml);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = IgnoreFile::parse("f", &text, today());
        let _ = (trivy::is_plain(&text), trivy::plain(&text));
        let _ = trivy::yaml(&text);
        let _ = gitlab::read(&text.as_str());
    }
}
