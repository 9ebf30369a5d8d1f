//! How much is found, and what is left alone: values made at random by each provider's format, so that no
//! scanner takes this file for a leak.

use super::*;
use crate::redact::Redactor;

/// A provider's format: what stands in braces is drawn, so many of a class. `A` letters and digits, `a` and
/// digits in lower case, `U` in upper case, `X` hexadecimal digits, `D` digits, `B` Base64 for addresses, `S`
/// standard Base64.
const MARKED: [(&str, &str); 87] = [
    ("AWS access key id", "AKIA{U16}"),
    ("AWS temporary access key id", "ASIA{U16}"),
    ("AWS Bedrock API key", "ABSK{A110}=="),
    ("Google API key", "AIza{B35}"),
    ("Google OAuth client secret", "GOCSPX-{B28}"),
    ("Google OAuth access token", "ya29.{B120}"),
    ("Google OAuth refresh token", "1//0{B60}"),
    (
        "Azure storage connection string",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={S86}==;EndpointSuffix=core.windows.net",
    ),
    (
        "Azure Service Bus connection string",
        "Endpoint=sb://a.example/;SharedAccessKeyName=Root;SharedAccessKey={S43}=",
    ),
    ("Azure shared access signature", "https://a.example/c?sv=2022-11-02&sp=r&sig={B43}%3D"),
    ("Azure client secret", "{A3}8Q~{B34}"),
    ("Azure DevOps token", "{A76}AZDO{A4}"),
    ("Alibaba access key id", "LTAI{A20}"),
    ("Tencent secret id", "AKID{A32}"),
    ("DigitalOcean token", "dop_v1_{X64}"),
    ("DigitalOcean OAuth token", "doo_v1_{X64}"),
    ("Cloudflare origin CA key", "v1.0-{X24}-{X146}"),
    ("Cloudflare token", "cfut_{A48}"),
    ("Heroku API key", "HRKU-{B58}"),
    ("Fly.io token", "fo1_{B43}"),
    ("Supabase token", "sbp_{X40}"),
    ("Netlify token", "nfp_{A36}"),
    ("PlanetScale token", "pscale_tkn_{B43}"),
    ("GitHub personal access token", "ghp_{A36}"),
    ("GitHub OAuth token", "gho_{A36}"),
    ("GitHub user-to-server token", "ghu_{A36}"),
    ("GitHub server-to-server token", "ghs_{A36}"),
    ("GitHub refresh token", "ghr_{A76}"),
    ("GitHub fine-grained token", "github_pat_{A22}_{A59}"),
    ("GitLab personal access token", "glpat-{B20}"),
    ("GitLab routable token", "glpat-{B27}.01.{a9}"),
    ("GitLab deploy token", "gldt-{B20}"),
    ("GitLab runner token", "glrt-t1_{B20}"),
    ("GitLab runner registration token", "GR1348941{B20}"),
    ("GitLab job token", "glcbt-64_{B20}"),
    ("GitLab OAuth secret", "gloas-{X64}"),
    ("GitLab trigger token", "glptt-{X40}"),
    ("GitLab feed token", "glft-{B20}"),
    ("GitLab incoming mail token", "glimt-{a25}"),
    ("GitLab agent token", "glagent-{B50}"),
    ("GitLab SCIM token", "glsoat-{B20}"),
    ("GitLab feature flags token", "glffct-{B20}"),
    ("Atlassian API token", "ATATT3{B180}={X8}"),
    ("Bitbucket app password", "ATBB{A32}"),
    ("npm token", "npm_{A36}"),
    ("npm registry token", "//registry.example/:_authToken={X8}-{X4}-{X4}-{X4}-{X12}"),
    ("PyPI token", "pypi-AgEIcHlwaS5vcmc{B150}"),
    ("RubyGems key", "rubygems_{X48}"),
    ("crates.io token", "cio{A32}"),
    ("Clojars token", "CLOJARS_{X60}"),
    ("Artifactory key", "AKCp{A69}"),
    ("Artifactory reference token", "cmVmdGtu{A56}"),
    ("Docker Hub token", "dckr_pat_{B27}"),
    ("CircleCI token", "CCIPAT_{A22}_{X40}"),
    ("Buildkite token", "bkua_{X40}"),
    ("Vault service token", "hvs.{B90}"),
    ("Vault batch token", "hvb.{B120}"),
    ("HCP Terraform token", "{A14}.atlasv1.{A67}"),
    ("Doppler token", "dp.pt.{A43}"),
    ("Pulumi token", "pul-{X40}"),
    ("Tailscale key", "tskey-auth-{A12}-{A32}"),
    ("Databricks token", "dapi{X32}"),
    ("Grafana service account token", "glsa_{A32}_{X8}"),
    ("Grafana Cloud token", "glc_eyJv{A60}=="),
    ("Grafana API key", "eyJrIjoi{A70}=="),
    ("Sentry organisation token", "sntrys_eyJ{A80}=_{B43}"),
    ("Sentry user token", "sntryu_{X64}"),
    ("Dynatrace token", "dt0c01.{U24}.{U64}"),
    ("New Relic user key", "NRAK-{U27}"),
    ("New Relic licence key", "{X36}NRAL"),
    ("SonarQube token", "squ_{X40}"),
    ("Anthropic API key", "sk-ant-api03-{B93}AA"),
    ("OpenAI project key", "sk-proj-{B74}T3BlbkFJ{B74}"),
    ("OpenAI key", "sk-{A20}T3BlbkFJ{A20}"),
    ("Hugging Face token", "hf_{A34}"),
    ("Slack bot token", "xoxb-{D12}-{D12}-{A24}"),
    ("Slack app token", "xapp-1-A{U10}-{D13}-{X64}"),
    ("Slack webhook", "https://hooks.slack.com/services/T{U8}/B{U10}/{A24}"),
    ("Discord webhook", "https://discord.com/api/webhooks/{D19}/{B68}"),
    ("Telegram bot token", "{D10}:AA{B33}"),
    ("SendGrid key", "SG.{B22}.{B43}"),
    ("Mailgun key", "key-{X32}"),
    ("Mailchimp key", "{X32}-us12"),
    ("Stripe secret key", "sk_live_{A24}"),
    ("Stripe webhook secret", "whsec_{A32}"),
    ("Twilio API key", "SK{X32}"),
    ("Shopify access token", "shpat_{X32}"),
];

/// More of the same, and what standards define.
const STANDARD: [(&str, &str); 10] = [
    ("Square access token", "sq0atp-{B22}"),
    ("Square access token, newer", "EAAA{B60}"),
    ("Linear key", "lin_api_{A40}"),
    ("Notion token", "ntn_{A46}"),
    ("Figma token", "figd_{B40}"),
    ("Postman key", "PMAK-{X24}-{X34}"),
    ("JSON Web Token", "eyJhbGciOiJI{B24}.eyJzdWIi{B60}.{B43}"),
    ("age key", "AGE-SECRET-KEY-1{U58}"),
    ("password in an address", "postgres://app:{A16}@db.example:5432/x"),
    ("password in a connection string", "Server=db;User Id=sa;Password={A16};Encrypt=yes"),
];

/// What has no mark of its own is known by the name that it is given.
const UNMARKED: [(&str, &str); 16] = [
    ("Docker configuration", "{\"auths\": {\"r.example\": {\"auth\": \"{S40}\"}}}"),
    ("AWS secret access key", "aws_secret_access_key = {S40}"),
    ("Azure OpenAI key", "AZURE_OPENAI_API_KEY={X32}"),
    ("Cloudflare API token", "CLOUDFLARE_API_TOKEN={B40}"),
    ("Datadog API key", "DD_API_KEY: {X32}"),
    ("Datadog application key", "\"dd_app_secret\": \"{X40}\""),
    ("Heroku API key, older", "HEROKU_API_KEY='{X8}-{X4}-{X4}-{X4}-{X12}'"),
    ("Twilio auth token", "twilio_auth_token = \"{X32}\""),
    ("Discord bot token", "DISCORD_TOKEN={A26}.{A6}.{A38}"),
    ("Okta token", "Authorization: SSWS 00{B40}"),
    ("Okta token in a variable", "okta_api_token = \"00{B40}\""),
    ("Mailgun key, newer", "MAILGUN_API_KEY={X32}-{X8}-{X8}"),
    ("bearer header", "Authorization: Bearer {B40}"),
    ("basic header", "authorization: Basic {A40}=="),
    ("bearer in a command", "curl -H 'bearer {X40}'"),
    ("client secret", "client_secret: \"{A32}\","),
];

/// Where a secret stands.
const PLACES: [&str; 6] = [
    "{}",
    "The value {} was found.",
    "const KEY = \"{}\";",
    "{\"value\": \"{}\"}",
    "export VALUE={}\n",
    "<a>{}</a>",
];

/// Numbers that are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, many: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % many as u64).unwrap_or_default()
    }

    /// A value of a format, and what was drawn for it.
    fn value(&mut self, format: &str) -> (String, Vec<String>) {
        const ALL: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let (mut value, mut drawn) = (String::new(), Vec::new());
        let mut rest = format;
        while let Some((plain, open)) = rest.split_once('{') {
            value.push_str(plain);
            let part = open.split_once('}').and_then(|(inside, behind)| {
                Some((inside.chars().next()?, inside.get(1..)?.parse::<usize>().ok()?, behind))
            });
            let Some((class, many, behind)) = part else {
                value.push('{');
                rest = open;
                continue;
            };
            let from: Vec<u8> = match class {
                'A' => ALL.to_vec(),
                'a' => ALL[..36].to_vec(),
                'U' => [&ALL[..10], &ALL[36..]].concat(),
                'X' => ALL[..16].to_vec(),
                'D' => ALL[..10].to_vec(),
                'B' => [ALL, b"-_"].concat(),
                _ => [ALL, b"+/"].concat(),
            };
            let part: String = (0..many).map(|_| char::from(from[self.below(from.len())])).collect();
            value.push_str(&part);
            // Short parts show nothing.
            drawn.extend(Some(part).filter(|part| part.len() >= 8));
            rest = behind;
        }
        (value + rest, drawn)
    }
}

/// How many of a hundred values of each format, in every place, leave nothing behind.
fn recall(formats: &[(&str, &str)], places: &[&str]) -> Vec<(String, usize, usize)> {
    let redactor = Redactor::default();
    let mut draw = Draw(0x5eed_1234_5678_9abc);
    let found = |(name, format): &(&str, &str)| {
        let (mut found, mut all) = (0, 0);
        for _ in 0..100 {
            let (value, drawn) = draw.value(format);
            for place in places {
                all += 1;
                let text = place.replace("{}", &value);
                let clean = redactor.credentials(&text);
                found += usize::from(!drawn.iter().any(|part| clean.contains(part.as_str())));
            }
        }
        ((*name).to_owned(), found, all)
    };
    formats.iter().map(found).collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "figures, for those who ask with --nocapture")]
fn values_of_providers_are_found() {
    for (formats, places, least) in
        [(&MARKED[..], &PLACES[..], 100), (&STANDARD, &PLACES, 99), (&UNMARKED, &["{}", "x\n{}\ny"], 95)]
    {
        let rows = recall(formats, places);
        let (found, all) = rows.iter().fold((0, 0), |sum, row| (sum.0 + row.1, sum.1 + row.2));
        println!("{} formats: {found} of {all} found", rows.len());
        let left: Vec<_> = rows.iter().filter(|(_, found, all)| found < all).collect();
        println!("  all but of {left:?}");
        assert!(left.iter().all(|(_, found, all)| found * 100 >= all * least), "{left:?}");
    }
}

#[test]
fn keys_in_armour_are_found() {
    let mut draw = Draw(0x0dd_5eed);
    for kind in ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "] {
        for (gap, end) in [("\n", true), ("\\n", true), ("\r\n", false)] {
            let (line, _) = draw.value("{S64}");
            let begin = ["-----BEGIN ", kind, "PRIVATE", " KEY-----"].concat();
            let close = if end { begin.replace("BEGIN", "END") } else { String::new() };
            let text = [&begin, gap, &line, gap, &line, gap, &close].concat();
            assert_eq!(Credentials::default().replaced(&text).as_deref(), Some("[redacted]"), "{text}");
        }
    }
    let (line, _) = draw.value("{S64}");
    let block =
        ["-----BEGIN PGP PRIVATE", " KEY BLOCK-----\nVersion: GnuPG v2\n\n", &line, "\n=ab12\n"].concat();
    assert_eq!(Credentials::default().replaced(&block).as_deref(), Some("[redacted]"));
}

#[test]
fn what_only_looks_long_is_left_alone() {
    let (digest, id) = ("0123456789abcdef".repeat(4), "1b4e28ba-2fa1-11d2-883f-0016d3cca427");
    for text in [
        &*digest,
        id,
        &format!("sha256:{digest}"),
        &format!("image@sha256:{digest} of commit {}", &digest[..40]),
        &format!("pkg:npm/left-pad@1.0.0?checksum=sha1:{}", &digest[..40]),
        &format!("integrity sha512-{}==", digest.repeat(2)),
        &format!("data:image/png;base64,{}", digest.repeat(9)),
        &format!(
            "https://a.example/blob/{}/src/main/java/org/example/VeryLongClassNameImpl.java#L1",
            &digest[..40]
        ),
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H and CVE-2021-44228, GHSA-jfh8-c2jp-5v3q",
        "org.springframework.beans.factory.UnsatisfiedDependencyException",
        "generic.secrets.security.detected-aws-access-key-id-value",
        "AKIA is a prefix, eyJ too, and neither is a value",
        "secretName: my-service-tls-certificate-2",
        "token = self.get_token_from_header(request)",
        "secret_key = base64_encode_v2_of_the_value",
        "password = os.environ['DATABASE_PASSWORD_OF_THE_APPLICATION']",
        "access_token: ${{ secrets.GITHUB_TOKEN_OF_ACTIONS }}",
        "System.Web, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b03f5f7f11d50a3a",
        "bearer authentication-scheme-of-the-server is used",
        "authorization: required-for-all-of-the users",
        "xoxo-hugs-and-kisses-from-the-team",
        "npm_config_cache_directory_of_the_continuous-use-of",
        "hf_hub_download_to_local_directory",
        "a task-proj-0123456789012345678901234 and TASK_0123",
        "key-value-pairs-of-the-configuration",
        "SKIP_THESE_TESTS_0123456789abcdef0123456789abcdef",
    ] {
        let kept = Credentials::default().replaced(text);
        assert_eq!(kept, None, "{text}");
    }
}

#[test]
fn every_expression_builds_and_begins_as_it_says() {
    let credentials = Credentials::default();
    const { assert!(COUNT <= u128::BITS as usize) };
    for at in 0..COUNT {
        let (beginnings, expression) = format(at);
        assert!(
            !beginnings.is_empty() && beginnings.iter().all(|beginning| beginning.len() < LEAD),
            "{expression}"
        );
        assert!(credentials.expression(at).captures_len() <= 2, "{expression}");
    }
}

#[test]
fn long_words_are_found_wherever_they_stand() {
    for (text, want) in [
        ("", &[][..]),
        ("0123456789abcde", &[]),
        ("0123456789abcdef", &[(0, 16)][..]),
        (" 0123456789abcdef-_ 0123456789abcdef", &[(1, 19), (20, 36)]),
        ("a b c d e f g h i j k l m n 0123456789abcdef", &[(28, 44)]),
        ("0123456789abcde.0123456789abcdefg.", &[(16, 33)]),
        ("é0123456789abcdefé", &[(2, 18)]),
    ] {
        let found = long_words(text.as_bytes()).map(|word| (word.start, word.end));
        assert_eq!(found.collect::<Vec<_>>(), want, "{text}");
    }
}
