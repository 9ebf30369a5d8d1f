//! What versions, exporters and encodings make of the formats: small documents by the book, each with what must come
//! of it. Documents as a whole are in `fixtures/`.

use crate::scanner;
use scanlift_convert_api::{Collector, ConvertError, Converter, Match, Options};

/// Records and findings, or what is told of a document that is refused.
type Want = Result<(u64, usize), &'static str>;

fn check(converter: &dyn Converter, name: &str, document: &str, want: Want) -> Collector {
    assert_ne!(converter.sniff(document.as_bytes()), Match::No, "{name}");
    let mut sink = Collector::default();
    let got = converter.convert(&document, &Options::default(), &mut sink);
    match (&got, want) {
        (Ok(()), Ok(want)) => {
            assert_eq!((sink.records, sink.findings.len()), want, "{name}: {:?}", sink.skipped)
        }
        (Err(error), Err(want)) => {
            let said = match error {
                ConvertError::UnsupportedVersion { help, .. } | ConvertError::Unrecognised { help, .. } => {
                    help
                }
                _ => "",
            };
            assert!(format!("{error} {said}").contains(want), "{name}: {error}");
        }
        _ => panic!("{name}: {got:?}, not {want:?}"),
    }
    sink
}

#[test]
fn zap() {
    let alert = |inside: &str| {
        format!(
            "<alertitem><pluginid>40012</pluginid><alert>XSS</alert><riskcode>3</riskcode><confidence>2</confidence>\
             <desc>&lt;p&gt;It reflects.&lt;/p&gt;</desc><cweid>79</cweid>{inside}</alertitem>"
        )
    };
    let instance = "<instances><instance><uri>http://a.example/x?q=1</uri><method>GET</method><param>q</param></instance></instances>";
    let site = |inside: &str| format!("<site name='http://a.example'>{inside}</site>");
    let alerts = site(&format!("<alerts>{}</alerts>", alert(instance)));
    for (name, document, want) in [
        (
            "2.4, without instances",
            format!(
                "<OWASPZAPReport version='2.4.0'>{}</OWASPZAPReport>",
                site(&format!("<alerts>{}</alerts>", alert("<uri>http://a.example/x</uri><param>q</param>")))
            ),
            1,
        ),
        ("of no site", "<OWASPZAPReport version='2.11.1'/>".to_owned(), 0),
        ("of sites without alerts", format!("<OWASPZAPReport>{}</OWASPZAPReport>", site("<alerts/>")), 0),
        ("sites in a list", format!("<OWASPZAPReport><sites>{alerts}</sites></OWASPZAPReport>"), 1),
        (
            "alerts of a site without their list",
            format!("<OWASPZAPReport>{}</OWASPZAPReport>", site(&alert(instance))),
            1,
        ),
        ("before 2.0", format!("<report>{}</report>", alert("<uri>http://a.example/</uri>")), 1),
        (
            "2.17, with insights and statistics",
            format!(
                "<OWASPZAPReport programName='ZAP' version='2.17.0'><insights><insight><level>Low</level><site/><key>k</key></insight></insights>{alerts}</OWASPZAPReport>"
            ),
            1,
        ),
        ("with a prefix", format!("<z:OWASPZAPReport xmlns:z='urn:x'>{alerts}</z:OWASPZAPReport>"), 1),
        (
            "with everything in CDATA",
            format!(
                "<OWASPZAPReport>{}</OWASPZAPReport>",
                site(&format!(
                    "<alerts>{}</alerts>",
                    alert(
                        "<instances><instance><uri><![CDATA[http://a.example/?a=1&b=2]]></uri></instance></instances>"
                    )
                ))
            ),
            1,
        ),
    ] {
        check(&scanner::zap_xml::CONVERTER, name, &document, Ok((want, want as usize)));
    }
}

#[test]
fn burp() {
    let issue = |exchange: &str| {
        format!(
            "<issues burpVersion='2023.1' exportTime='Wed Feb 01 10:00:00 GMT 2023'><issue><serialNumber>1</serialNumber>\
             <type>2097920</type><name><![CDATA[XSS]]></name><host ip='192.0.2.1'>https://a.example</host><path>/x</path>\
             <severity>High</severity>{exchange}</issue></issues>"
        )
    };
    let converter = &scanner::burp::CONVERTER;
    check(converter, "none", "<issues burpVersion='2023.1' exportTime='x'></issues>", Ok((0, 0)));
    for (name, exchange) in [
        (
            "as text",
            "<request method='GET' base64='false'><![CDATA[GET /x HTTP/1.1\nHost: a.example\n\n]]></request><response base64='false'><![CDATA[HTTP/1.1 200 OK\n\nbody]]></response>",
        ),
        (
            "base64",
            "<request method='GET' base64='true'>R0VUIC94IEhUVFAvMS4xCkhvc3Q6IGEuZXhhbXBsZQoK</request><response base64='true'>SFRUUC8xLjEgMjAwIE9LCgpib2R5</response>",
        ),
        (
            "without a mark",
            "<request>GET /x HTTP/1.1\nHost: a.example\n\n</request><response>HTTP/1.1 200 OK\n\nbody</response>",
        ),
    ] {
        let document = issue(&format!("<requestresponse>{exchange}</requestresponse>"));
        let told = check(converter, name, &document, Ok((1, 1)));
        let evidence = &told.findings[0]["evidence"];
        assert_eq!(evidence["request"]["url"], "https://a.example/x", "{name}");
        assert_eq!(evidence["response"]["body"], "body", "{name}");
    }
    check(
        converter,
        "an answer that is empty",
        &issue("<requestresponse><response base64='true'/></requestresponse>"),
        Ok((1, 1)),
    );
}

#[test]
fn nessus() {
    let item = |attributes: &str, inside: &str| {
        format!("<ReportItem port='0' svc_name='general' protocol='tcp' {attributes}>{inside}</ReportItem>")
    };
    let report = |items: &str| {
        format!(
            "<NessusClientData_v2><Report name='r' xmlns:cm='urn:cm'><ReportHost name='h'>{items}</ReportHost></Report></NessusClientData_v2>"
        )
    };
    let failed = "<cm:compliance-check-name>1.1</cm:compliance-check-name><cm:compliance-result>FAILED</cm:compliance-result>";
    let audit =
        "severity='3' pluginID='21157' pluginName='Unix Compliance Checks' pluginFamily='Policy Compliance'";
    for (name, document, want) in [
        ("version 1", "<NessusClientData><Report/></NessusClientData>".to_owned(), Ok((0, 0))),
        (
            "a policy alone",
            "<NessusClientData_v2><Policy><policyName>p</policyName></Policy></NessusClientData_v2>"
                .to_owned(),
            Ok((0, 0)),
        ),
        ("a host without items", report(""), Ok((0, 0))),
        (
            "information",
            report(&item("severity='0' pluginID='19506' pluginFamily='Settings'", "")),
            Ok((1, 0)),
        ),
        ("an audit", report(&item(audit, failed)), Ok((1, 1))),
        (
            "an audit that passed",
            report(&item(&audit.replace('3', "0"), &failed.replace("FAILED", "PASSED"))),
            Ok((1, 0)),
        ),
        (
            "an audit in words",
            report(&item(audit, "<description>\"2.1 y\" : [FAILED]\n\ndetail</description>")),
            Ok((1, 1)),
        ),
        (
            "no severity",
            report(&item("pluginID='1' pluginName='n'", "<risk_factor>High</risk_factor>")),
            Ok((1, 1)),
        ),
        ("no plugin", report(&item("severity='3'", "")), Ok((1, 0))),
    ] {
        check(&scanner::nessus::CONVERTER, name, &document, want);
    }
}

#[test]
fn nmap() {
    let run = |ports: &str| {
        format!(
            "<!DOCTYPE nmaprun><nmaprun scanner='nmap' version='7.94'><host><address addr='192.0.2.1' addrtype='ipv4'/><ports>{ports}</ports></host></nmaprun>"
        )
    };
    let port = |script: &str| {
        run(&format!(
            "<port protocol='tcp' portid='80'><state state='open'/><service name='http'/>{script}</port>"
        ))
    };
    for (name, document, want) in [
        ("closed ports", run("<extraports state='closed' count='997'/><port protocol='tcp' portid='22'><state state='filtered'/></port>"), Ok((0, 0))),
        ("masscan", "<nmaprun scanner='masscan' version='1.0-BETA'><host endtime='1'><address addr='192.0.2.1'/><ports><port protocol='tcp' portid='80'><state state='open'/></port></ports></host></nmaprun>".to_owned(), Ok((1, 0))),
        ("vulners in lines", port("<script id='vulners' output='&#xa;  cpe:/a:x:y:1: &#xa;    &#x9;CVE-2021-41773&#x9;7.5&#x9;https://vulners.example/cve/CVE-2021-41773'/>"), Ok((2, 1))),
        ("vulners in tables", port("<script id='vulners' output='x'><table key='cpe:/a:x:y:1'><table><elem key='id'>CVE-2021-41773</elem><elem key='cvss'>7.5</elem></table></table></script>"), Ok((2, 1))),
        ("vulscan", port("<script id='vulscan' output='VulDB - https://vuldb.example:&#xa;[80267] OpenSSH up to 6.9p1&#xa;&#xa;MITRE CVE:&#xa;[CVE-2010-4755] The (1) remote_glob function&#xa;'/>"), Ok((2, 1))),
        ("vulscan without hits", port("<script id='vulscan' output='VulDB - https://vuldb.example:&#xa;No findings&#xa;'/>"), Ok((1, 0))),
    ] {
        check(&scanner::nmap::CONVERTER, name, &document, want);
    }
    let failed = "<nmaprun scanner='nmap'><runstats><finished time='1' exit='error' errormsg='No targets'/></runstats></nmaprun>";
    let told = check(&scanner::nmap::CONVERTER, "failed", failed, Ok((0, 0)));
    assert_eq!(told.warnings.len(), 1);
}

#[test]
fn openvas() {
    let result = "<result id='r'><name>SSL</name><host>192.0.2.1<asset asset_id=''/></host><port>443/tcp</port>\
                  <nvt oid='1.3.6.1.4.1.25623.1.0.1'><name>SSL</name><cvss_base>5.0</cvss_base><refs><ref type='cve' id='CVE-2014-3566'/></refs></nvt>\
                  <threat>Medium</threat><severity>5.0</severity><qod><value>80</value></qod></result>";
    let results = format!("<results start='1' max='100'>{result}</results>");
    let prefixed = results.replace("</", "\u{1}").replace('<', "<g:").replace('\u{1}', "</g:");
    for (name, document) in [
        (
            "GMP",
            format!(
                "<get_reports_response status='200'><report id='1' format_id='x'><report id='1'><gmp><version>22.4</version></gmp>{results}</report></report></get_reports_response>"
            ),
        ),
        (
            "GMP with prefixes",
            format!(
                "<g:get_reports_response xmlns:g='urn:gmp'><g:report><g:report>{prefixed}</g:report></g:report></g:get_reports_response>"
            ),
        ),
        (
            "OMP",
            format!(
                "<report id='1'><omp><version>5.0</version></omp><scan_run_status>Done</scan_run_status>{results}</report>"
            ),
        ),
        (
            "without a format",
            format!("<report type='scan' id='1' extension='xml'><report id='1'>{results}</report></report>"),
        ),
        ("results alone", format!("<get_results_response status='200'>{result}</get_results_response>")),
    ] {
        check(&scanner::openvas::CONVERTER, name, &document, Ok((1, 1)));
    }
    for (name, document) in [
        ("no such report", "<get_reports_response status='404' status_text='Failed to find report'/>"),
        ("no such result", "<get_results_response status='404' status_text='Failed to find result'/>"),
        (
            "one command of several",
            "<get_reports_response status='200'><get_reports_response status='404'/></get_reports_response>",
        ),
    ] {
        check(&scanner::openvas::CONVERTER, name, document, Err("GMP answered 404"));
    }
    let empty = "<get_reports_response status='200' status_text='OK'/>";
    check(&scanner::openvas::CONVERTER, "no reports", empty, Ok((0, 0)));
}

#[test]
fn checkmarx() {
    let results = |query: &str| {
        format!(
            "<CxXMLResults ScanStart='Donnerstag, 1. Februar 2018 10:00:00' CheckmarxVersion='8.6'>{query}</CxXMLResults>"
        )
    };
    let query = "<Query id='594' cweId='89' name='SQL_Injection' Severity='High'><Result FileName='src/\u{c4}.java' Status='Neu' Line='10' FalsePositive='False' Severity='Hoch' state='0'><Path SimilarityId='123'><PathNode><FileName>src/\u{c4}.java</FileName><Line>10</Line></PathNode></Path></Result></Query>";
    check(&scanner::checkmarx::CONVERTER, "none", &results(""), Ok((0, 0)));
    let told = check(&scanner::checkmarx::CONVERTER, "German", &results(query), Ok((1, 1)));
    assert_eq!(told.findings[0]["severity"], serde_json::Value::Null, "the pipeline decides");
}

#[test]
fn qualys() {
    let converter = &scanner::qualys::CONVERTER;
    let finding = |kind: &str, more: &str| {
        format!(
            "<ServiceResponse><responseCode>SUCCESS</responseCode><count>1</count><data><Finding><id>1</id><qid>150001</qid><name>XSS</name>\
             <type>{kind}</type><severity>5</severity><url>https://a.example/x</url><status>ACTIVE</status>{more}</Finding></data></ServiceResponse>"
        )
    };
    let more = "<cwe><count>1</count><list><long>79</long></list></cwe><resultList><list><Result><payloads><list><PayloadInstance><payload>q=1</payload><request><method>GET</method><link>https://a.example/x?q=1</link><headers>SG9zdDogYS5leGFtcGxlCg==</headers></request><response>aGVsbG8=</response></PayloadInstance></list></payloads></Result></list></resultList>";
    for (name, document, want) in [
        ("Finding", finding("VULNERABILITY", more), (1, 1)),
        ("Finding that informs", finding("INFORMATION_GATHERED", ""), (1, 0)),
        ("Finding that is ignored", finding("VULNERABILITY", "<isIgnored>true</isIgnored>"), (1, 0)),
        ("WasScan", "<ServiceResponse><data><WasScan><id>1</id><vulns><list><WasScanVuln><qid>1</qid><title>t</title><uri>https://a.example/</uri></WasScanVuln></list></vulns></WasScan></data></ServiceResponse>".to_owned(), (1, 1)),
        ("SCAN", "<!DOCTYPE SCAN SYSTEM 'scan-1.dtd'><SCAN value='scan/1'><HEADER/><IP value='192.0.2.1'><VULNS><CAT value='Web' port='80' protocol='tcp'><VULN number='1' severity='4' cveid='CVE-2020-1'><TITLE>t</TITLE></VULN></CAT></VULNS></IP></SCAN>".to_owned(), (1, 1)),
        ("detections", "<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><HOST_LIST><HOST><IP>192.0.2.1</IP><DETECTION_LIST><DETECTION><QID>1</QID><TYPE>Confirmed</TYPE><SEVERITY>4</SEVERITY></DETECTION><DETECTION><QID>2</QID><TYPE>Confirmed</TYPE><STATUS>Fixed</STATUS></DETECTION></DETECTION_LIST></HOST></HOST_LIST></RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>".to_owned(), (2, 1)),
    ] {
        check(converter, name, &document, Ok(want));
    }
    for (name, document) in [
        (
            "an error for a report",
            "<ASSET_DATA_REPORT><ERROR number='1'>No hosts</ERROR></ASSET_DATA_REPORT>",
        ),
        ("an error for a scan", "<SCAN value='s'><ERROR number='1'>No hosts</ERROR></SCAN>"),
    ] {
        check(converter, name, document, Err("Qualys failed and wrote only its error (error 1: No hosts)"));
    }
    let broken = "<SCAN value='s'><IP value='192.0.2.1'/><ERROR number='2'>Interrupted</ERROR></SCAN>";
    assert_eq!(check(converter, "an error beside hosts", broken, Ok((0, 0))).warnings.len(), 1);
    let cut = "<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><HOST_LIST/><WARNING><CODE>1980</CODE><TEXT>1000 record limit exceeded.</TEXT></WARNING></RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>";
    assert_eq!(check(converter, "a first batch", cut, Ok((0, 0))).warnings.len(), 1);
    let told = check(converter, "evidence", &finding("VULNERABILITY", more), Ok((1, 1)));
    let found = &told.findings[0];
    assert_eq!(found["identifiers"][1]["value"], "79");
    assert_eq!(found["evidence"]["request"]["headers"][0]["value"], "a.example");
    assert_eq!(found["evidence"]["response"]["body"], "hello");
}

#[test]
fn acunetix_and_invicti() {
    let report = |root: &str| {
        format!(
            "<{root} generated='01/01/2020 10:00 AM'><target><url>https://a.example/</url></target><vulnerabilities><vulnerability><LookupId>1</LookupId>\
             <url>https://a.example/x</url><type>Xss</type><name>XSS</name><severity>High</severity></vulnerability></vulnerabilities></{root}>"
        )
    };
    for root in ["netsparker-enterprise", "netsparker-cloud", "invicti-enterprise", "acunetix-360"] {
        check(&scanner::invicti::CONVERTER, root, &report(root), Ok((1, 1)));
    }
    let standard = "<netsparker generated='x'><target><url>https://a.example/</url></target><vulnerability confirmed='True'><url>https://a.example/</url><type>Xss</type><severity>Important</severity></vulnerability></netsparker>";
    check(&scanner::invicti::CONVERTER, "Netsparker Standard", standard, Ok((1, 1)));
    let item = "<ReportItem id='0'><Name><![CDATA[XSS]]></Name><Affects>/x</Affects><Severity>high</Severity></ReportItem>";
    let scan = |items: &str| {
        format!(
            "<Scan><StartURL><![CDATA[https://a.example/]]></StartURL><ReportItems>{items}</ReportItems></Scan>"
        )
    };
    for (name, document, want) in [
        ("one scan", format!("<ScanGroup ExportedOn='1/1/2020, 10:00:00'>{}</ScanGroup>", scan(item)), 1),
        (
            "two scans, one without items",
            format!(
                "<ScanGroup ExportedOn='2024-01-01T00:00:00+00:00'>{}{}</ScanGroup>",
                scan(""),
                scan(item)
            ),
            1,
        ),
    ] {
        check(&scanner::acunetix::CONVERTER, name, &document, Ok((want, 1)));
    }
}

#[test]
fn static_analysis() {
    let bug = "type='SQL_INJECTION_JDBC' category='SECURITY'";
    let line = "<SourceLine classname='a.B' start='3' end='4' sourcepath='a/B.java'/>";
    for (converter, name, document, want) in [
        (&scanner::spotbugs::CONVERTER as &dyn Converter, "SpotBugs, with a namespace", format!("<BugCollection xmlns='urn:x' version='4.8'><BugInstance {bug} priority='1'>{line}</BugInstance></BugCollection>"), Ok((1, 1))),
        (&scanner::spotbugs::CONVERTER, "FindBugs by class", format!("<BugCollection version='1.3.9' threshold='medium'><file classname='a.B$1'><BugInstance {bug} priority='Normal' message='m' lineNumber='3'/></file></BugCollection>"), Ok((1, 1))),
        (&scanner::pmd::CONVERTER, "PMD 7", "<pmd xmlns='http://pmd.sourceforge.net/report/2.0.0' version='7.0.0'><file name='a.java'><violation beginline='1' endline='2' rule='R' ruleset='Security' priority='3'>m</violation></file><suppressedviolation filename='a.java' suppressiontype='nopmd' msg='m'/></pmd>".to_owned(), Ok((2, 1))),
        (&scanner::pmd::CONVERTER, "PMD 4", "<pmd version='4'><file name='a.java'><violation line='3' rule='R' ruleset='S' priority='2'>m</violation></file></pmd>".to_owned(), Ok((1, 1))),
        (&scanner::checkstyle::CONVERTER, "Checkstyle without a version", "<checkstyle><file name='a.java'><error line='1' severity='error' message='m' source='x.Y'/></file></checkstyle>".to_owned(), Ok((1, 1))),
        (&scanner::cppcheck::CONVERTER, "cppcheck 1", "<results><error file='a.c' line='3' id='x' severity='error' msg='m'/></results>".to_owned(), Ok((1, 1))),
        (&scanner::cppcheck::CONVERTER, "cppcheck 3", "<results version='3'><cppcheck version='2.14'/><errors><error id='x' severity='error' msg='m' cwe='788'><location file='a.c' line='3'/></error></errors></results>".to_owned(), Ok((1, 1))),
        (&scanner::veracode::CONVERTER, "a summary", "<summaryreport report_format_version='1.5'/>".to_owned(), Err("summary report holds no flaws")),
        (&scanner::nikto::CONVERTER, "a list of scans", "<niktoscans><niktoscan version='2.5.0'><scandetails targetip='192.0.2.1' sitename='http://a.example:80/'><item id='999100' method='GET'><description>d</description><uri>/</uri></item></scandetails></niktoscan></niktoscans>".to_owned(), Ok((1, 1))),
        (&scanner::openscap::CONVERTER, "XCCDF 1.1 with prefixes", "<cdf:TestResult xmlns:cdf='http://checklists.nist.gov/xccdf/1.1'><cdf:target>h</cdf:target><cdf:rule-result idref='r1' severity='high'><cdf:result>fail</cdf:result></cdf:rule-result><cdf:rule-result idref='r2'><cdf:result>pass</cdf:result></cdf:rule-result></cdf:TestResult>".to_owned(), Ok((2, 1))),
    ] {
        check(converter, name, &document, want);
    }
    let old = "<pmd version='3.9'><file name='a.java'><violation line='3' rule='R' ruleset='S' priority='2'>m</violation></file></pmd>";
    let told = check(&scanner::pmd::CONVERTER, "PMD 3", old, Ok((1, 1)));
    assert_eq!(told.findings[0]["location"]["start_line"], 3);
}
