#!/bin/sh
# Copies the fixtures to fuzz/corpus/<target>/, as what each target begins with.
set -eu
cd "$(dirname "$0")/.."
corpus=fuzz/corpus

# seed TARGET FILE [HEADER]: the header, and the file; large files say nothing that small ones do not.
seed() {
    [ -f "$2" ] && [ "$(wc -c <"$2")" -le 20000 ] || return 0
    mkdir -p "$corpus/$1"
    { printf '%b' "${3:-}"; cat "$2"; } >"$corpus/$1/$(echo "$2" | tr '/ ' '--')"
}

for input in fixtures/*/*/input.*; do
    id=${input#fixtures/} id=${id%%/*}
    seed convert "$input" "$id\n"
    seed detect "$input"
    case $id in
        sarif) seed sarif "$input"; seed ignore "$input" ;;
        trivy) seed trivy "$input" ;;
        cyclonedx*) seed cyclonedx "$input"; seed vex "$input" ;;
        csaf | openvex) seed vex "$input" ;;
        zap-xml | nessus | burp | nmap | checkmarx | fortify | spotbugs | junit | openvas) seed xml "$input" ;;
    esac
done

# GitLab's reports: the snapshots, without what insta puts before them; and each twice, to be merged.
for snapshot in fixtures/*/*/*.snap crates/render/tests/data/*.json; do
    case $snapshot in */receipt.snap) continue ;; esac
    [ "$(wc -c <"$snapshot")" -le 20000 ] || continue
    name=$(echo "$snapshot" | tr '/ ' '--')
    mkdir -p "$corpus/validate" "$corpus/report" "$corpus/merge" "$corpus/render"
    sed '1,3{/^---$/d;/^source:/d}' "$snapshot" >"$corpus/report/$name"
    cp "$corpus/report/$name" "$corpus/validate/$name"
    cp "$corpus/report/$name" "$corpus/render/$name"
    { cat "$corpus/report/$name"; printf '\377'; cat "$corpus/report/$name"; } >"$corpus/merge/$name"
done

# A manifest, a package that it asks for, its version and the fixed one.
while read -r file kind name version fixed; do
    seed remedies "crates/remedy/tests/tree/$file" "$kind\n$name\n$version\n$fixed\n"
done <<'TABLE'
python/requirements.txt requirements.txt django 2.2.0 2.2.28
python/requirements-windows.txt requirements.txt pillow 8.0.0 8.1.1
pipenv/Pipfile Pipfile flask 0.12.2 0.12.3
poetry/pyproject.toml pyproject.toml aiohttp 3.8.1 3.9.2
web/package.json package.json lodash 4.17.15 4.17.21
yarn/package.json package.json axios 0.21.0 0.21.2
pnpm/package.json package.json json5 2.2.1 2.2.2
go/go.mod go.mod golang.org/x/text v0.3.5 v0.3.8
java/pom.xml pom.xml org.apache.logging.log4j:log4j-core 2.14.0 2.15.0
java/build.gradle build.gradle org.springframework:spring-core 5.3.16 5.3.18
kotlin/build.gradle.kts build.gradle.kts org.yaml:snakeyaml 1.26 1.31
kotlin/gradle/libs.versions.toml libs.versions.toml com.squareup.okhttp3:okhttp 4.9.0 4.9.2
rust/Cargo.toml Cargo.toml time 0.1.43 0.2.23
ruby/Gemfile Gemfile rails 5.2.1 5.2.4.3
php/composer.json composer.json twig/twig 2.14.1 2.14.11
dotnet/App/App.csproj App.csproj Azure.Identity 1.8.0 1.10.2
dotnet/Directory.Packages.props Directory.Packages.props serilog 2.8.0 2.9.0
Dockerfile Dockerfile node 18.12.0-alpine 18.20.4-alpine
Dockerfile Dockerfile.deb git 1:2.39.2-1 1:2.39.2-1.1
.gitlab-ci.yml ci.yml python 3.9.1 3.9.18
.github/workflows/ci.yml workflow.yaml tj-actions/changed-files v44.0.0 46.0.1
TABLE
for numbers in '1 1 1 5' '2 - 3 -' '- - - - 3 4' '- - - - - - 3 4' '2 1 2 9 - - - - 1'; do
    seed fix crates/remedy/tests/tree/src/app.py "$numbers\nnew text\n\n"
    mv "$corpus/fix/crates-remedy-tests-tree-src-app.py" "$corpus/fix/$(echo "$numbers" | tr ' ' _)"
done

# small TARGET NAME TEXT
small() {
    mkdir -p "$corpus/$1"
    printf '%b' "$3" >"$corpus/$1/$2"
}
head='diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n'
small patch change "$head@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n\0377""1\n2\n3\n"
small patch make 'diff --git a/x/y b/x/y\nnew file mode 100644\n--- /dev/null\n+++ b/x/y\n@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\n\0377'
small patch quoted '--- "a/\\303\\244 b"\n+++ "b/\\303\\244 b"\n@@ -1 +1 @@\n-a\n+b\n\0377a\n'
small triage rows "cid,severity,cve,decision,assessment\nR-1,High,CVE-2021-44228,ask,'=1+1\n"
small triage json 'j{"scan_review": 1, "review": {"columns": ["id", "decision"], "rows": [{"id": "R-1", "decision": "ask"}]}, "request": {"columns": ["fact", "value", "meaning"], "rows": [{"fact": "image", "value": "gitlab/gitlab-ee:18.5.2-ee.0", "meaning": ""}]}}'
small triage sheet 'x<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>decision</t></is></c></row><row r="2"><c r="A2" s="1"><v>45000.5</v></c><c r="B2" t="b"><v>1</v></c><c r="C2"><f>1+1</f><v>2</v></c></row></sheetData></worksheet>\0377<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1"><si><t xml:space="preserve">id</t></si></sst>'
small ignore toml "[[ignore]]\nidentifier = 'CVE-2021-44228'\npath = ['legacy/**', 'a.c']\npackage = {name = 'bash', version = '5.0'}\nkind = 'sast'\nreason = 'r'\nowner = 'o'\nexpires = 2027-01-31\n"
small ignore plain '# a reason\nCVE-2021-44228 exp:2027-01-31\n\nAVD-AWS-0001 # another\n'
small ignore yaml 'vulnerabilities:\n  - id: CVE-2021-44228\n    paths: [usr/bin/a]\n    purls: ["pkg:deb/debian/bash@5.0"]\n    statement: s\n    expired_at: 2027-01-31\n'
small policy yaml 'approval_policy:\n- name: N\n  enabled: true\n  rules:\n  - {type: scan_finding, branch_type: protected, scanners: [sast], vulnerabilities_allowed: 0, severity_levels: [critical, high], vulnerability_states: [new_needs_triage], vulnerability_attributes: {false_positive: false, fix_available: true}}\n  actions:\n  - {type: require_approval, approvals_required: 1, role_approvers: [maintainer]}\n'
small policy kev '{"vulnerabilities": [{"cveID": "CVE-2021-44228"}]}'
small policy epss '#model_version:v1\ncve,epss,percentile\nCVE-2021-44228,0.9,0.99\n'
small decode utf16 '\0377\0376{\0000}\0000'
small decode latin '<?xml version="1.0" encoding="ISO-8859-1"?><a>\0344</a>'
seed decode fixtures/fortify/fpr/input.fpr
for packed in gz zst; do
    tool=gzip; [ $packed = gz ] || tool=zstd
    command -v $tool >/dev/null && $tool -c fixtures/trivy/none/input.json >"$corpus/decode/json.$packed"
done
