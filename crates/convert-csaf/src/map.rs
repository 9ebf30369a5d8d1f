//! From a vulnerability with its products to findings.

use crate::{details, text};
use scanlift_convert_api::json::{Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Rating};
use scanlift_convert_api::{ConvertError, Options, Outcome, SkipReason, cwe};
use scanlift_report_core::{Severity, Text};
use scanlift_vex::csaf::{
    About, Applies, Content, Cvss, Flag, Head, ProductTree, Remediation, Threat, Vulnerability, status,
};
use scanlift_vex::{Image, Status};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

/// How many versions that are fixed a finding names.
const MOST_FIXED: usize = 10;

/// What is known of a document before its vulnerabilities are mapped.
pub(crate) struct Scope<'s> {
    pub(crate) head: &'s Head,
    pub(crate) tree: &'s ProductTree,
    /// The manifest for packages that are in no image.
    file: &'s str,
    options: &'s Options,
    /// Whether a finding stands in `file`.
    names_file: Cell<bool>,
}

impl<'s> Scope<'s> {
    pub(crate) fn new(head: &'s Head, tree: &'s ProductTree, file: &'s str, options: &'s Options) -> Self {
        Self { head, tree, file, options, names_file: Cell::new(false) }
    }

    pub(crate) fn names_file(&self) -> bool {
        self.names_file.get()
    }
}

/// A vulnerability with what is for which product.
pub(crate) struct Entry<'x> {
    pub(crate) vulnerability: &'x Vulnerability<'x>,
    pub(crate) scope: &'x Scope<'x>,
    id: Cow<'x, str>,
    flags: Applies<'x>,
    threats: Applies<'x>,
    remediations: Applies<'x>,
    scores: Applies<'x>,
    metrics: Applies<'x>,
    /// Versions that are fixed, by package.
    fixed: HashMap<&'x str, Vec<&'x str>>,
}

/// A record for each product id in `product_status` (CSAF 2.0 §3.2.3.9); a vulnerability without
/// any is a record too.
pub(crate) fn map_vulnerability<'x>(
    vulnerability: &'x Vulnerability<'x>,
    scope: &'x Scope<'x>,
    spend: &mut dyn FnMut(Outcome<'x>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let entry = Entry::new(vulnerability, scope);
    let mut is_empty = true;
    for (word, products) in vulnerability.product_status.lists() {
        let status = status(word);
        for product in products {
            is_empty = false;
            spend(entry.map_product(word, status, product.trim()))?;
        }
    }
    if is_empty {
        let detail = "no product_status: the document does not say what is affected";
        return spend(Outcome::skip(SkipReason::NotAFinding, detail, entry.id));
    }
    Ok(())
}

impl<'x> Entry<'x> {
    fn new(vulnerability: &'x Vulnerability<'x>, scope: &'x Scope<'x>) -> Self {
        let mut fixed: HashMap<&str, Vec<&str>> = HashMap::new();
        let lists = vulnerability.product_status.lists();
        for id in
            lists.filter(|(word, _)| status(word) == Some(Status::Fixed)).flat_map(|(_, products)| products)
        {
            let Some(About { product, .. }) = scope.tree.about(id.trim()) else { continue };
            let versions = fixed.entry(&product.package).or_default();
            if !product.version.is_empty()
                && versions.len() < MOST_FIXED
                && !versions.contains(&product.version.as_str())
            {
                versions.push(&product.version);
            }
        }
        Self {
            vulnerability,
            scope,
            id: primary_id(vulnerability, scope.head),
            flags: vulnerability.flags(),
            threats: vulnerability.threats(),
            remediations: vulnerability.remediations(),
            scores: vulnerability.scores(),
            metrics: vulnerability.metrics(),
            fixed,
        }
    }

    fn map_product(&self, word: &'static str, status: Option<Status>, product: &'x str) -> Outcome<'x> {
        let status = match status {
            Some(status) if status.rules_out() => {
                return Outcome::skip(SkipReason::Vex, self.why(word, product), self.id.clone());
            }
            Some(status) => status,
            None => {
                let detail = format!("product_status: {word}");
                return Outcome::skip(SkipReason::NotAFinding, detail, self.id.clone());
            }
        };
        let about = self.scope.tree.about(product);
        let mut advisory = self.advisory(product);
        let (package, image, purl) = match about {
            Some(about) => package(about),
            // An id that the tree does not have still is the product's name.
            None => (Package::new(product, ""), None, None),
        };
        let package = self.with_fixed(package);
        advisory.solution = text::solution(self.remediations_of(product)).map(Cow::Owned);
        let place = scanlift_vex::place(image.as_ref(), purl, self.scope.file, self.scope.options);
        let Some(mut finding) = advisory.into_finding(package, place) else {
            return Outcome::skip(SkipReason::Unsupported, "neither `cve`, `ids` nor a title", product);
        };
        self.scope
            .names_file
            .set(self.scope.names_file.get() || finding.vulnerability.location.file().is_some());
        finding.severity.level = scanlift_vex::level(status);
        details::add(&mut finding.vulnerability.details, self, word, product, about);
        Outcome::finding(finding)
    }

    /// Status and justification of a product that is not affected.
    fn why(&self, word: &str, product: &str) -> String {
        let flag = self.flags.of(product, self.scope.tree).find_map(|at| self.vulnerability.flags.get(at));
        let impact =
            || self.threats_of(product).find_map(Threat::impact).filter(|_| word == "known_not_affected");
        let why = flag.and_then(|flag: &Flag<'_>| filled(&flag.label));
        match why.or_else(impact) {
            Some(why) if why.chars().count() > 120 => {
                format!("{word}: {}…", why.chars().take(120).collect::<String>())
            }
            Some(why) => format!("{word}: {why}"),
            None => word.to_owned(),
        }
    }

    /// What is said of the vulnerability, as far as it is for that product.
    fn advisory(&self, product: &str) -> Advisory<'x> {
        let (vulnerability, head) = (self.vulnerability, self.scope.head);
        let mut advisory = Advisory::new("csaf_id", self.id.clone());
        advisory.aliases = vulnerability.ids().skip(1).map(Into::into).collect();
        advisory.aliases.extend(head.id.as_deref().map(Into::into));
        // Some publishers repeat the id, which says less than id and package.
        let title = filled(&vulnerability.title).filter(|title| !title.eq_ignore_ascii_case(&self.id));
        advisory.title = title.map(Into::into);
        advisory.description = text::description(&vulnerability.notes, head.summary.as_deref());
        advisory.severity = self.severity(product).map(Into::into);
        advisory.ratings = self.ratings(product);
        let cwes = vulnerability.cwe.iter().chain(&vulnerability.cwes);
        advisory.weaknesses = cwes.filter_map(|weakness| cwe::parse(filled(&weakness.id)?)).collect();
        let own = |category: &Option<Loose<'_>>| filled(category) == Some("self");
        let mut urls =
            vulnerability.references.iter().filter(|it| own(&it.category)).filter_map(|it| filled(&it.url));
        advisory.url = urls.next().map(Into::into);
        let external = vulnerability.references.iter().filter_map(|reference| filled(&reference.url));
        let own = head.urls.iter().map(String::as_str);
        advisory.references = external.chain(own).map(Into::into).collect();
        let published = filled(&vulnerability.release_date).or(filled(&vulnerability.disclosure_date));
        advisory.published = published.or(head.initial_release_date.as_deref()).map(Into::into);
        advisory.modified = head.current_release_date.as_deref().map(Into::into);
        advisory
    }

    /// The publisher's own word: of the impact on that product, of the vulnerability, of the document.
    fn severity(&self, product: &str) -> Option<&'x str> {
        let is_word =
            |word: &&str| Severity::from_word(word).is_some_and(|severity| severity != Severity::Unknown);
        let threats = self.threats_of(product).filter(|threat| filled(&threat.category) == Some("impact"));
        let mut of_threats = threats.filter_map(|threat| filled(&threat.details)).filter(is_word);
        let contents = self.contents_of(product);
        let mut of_metrics =
            contents.filter_map(|content| filled(&content.qualitative_severity_rating)).filter(is_word);
        let of_document = || {
            // That of a document is the worst of all its vulnerabilities: it says nothing of one that is rated.
            let is_rated = !self.vulnerability.scores.is_empty() || !self.vulnerability.metrics.is_empty();
            filled(&self.scope.head.aggregate_severity).filter(|_| !is_rated).map(in_english).filter(is_word)
        };
        of_threats.next().or_else(|| of_metrics.next()).or_else(of_document)
    }

    fn ratings(&self, product: &str) -> Vec<Rating<'x>> {
        let vulnerability = self.vulnerability;
        let publisher = self.scope.head.publisher.as_deref().unwrap_or_default();
        let scores = self.scores.of(product, self.scope.tree).filter_map(|at| vulnerability.scores.get(at));
        let scores = scores.map(|it| (publisher, [&it.cvss_v3, &it.cvss_v2, &it.cvss_v4]));
        let metrics =
            self.metrics.of(product, self.scope.tree).filter_map(|at| vulnerability.metrics.get(at));
        let metrics = metrics.filter_map(|it| {
            let content = it.content.as_ref()?;
            let source = filled(&it.source).unwrap_or(publisher);
            Some((source, [&content.cvss_v3, &content.cvss_v2, &content.cvss_v4]))
        });
        let all = scores.chain(metrics).flat_map(|(source, ratings)| ratings.map(|rating| (source, rating)));
        let rating = |(source, cvss): (&'x str, &'x Option<Cvss<'x>>)| {
            let cvss = cvss.as_ref()?;
            Some(Rating::new(source, filled(&cvss.vector_string).map(Into::into), cvss.base_score))
        };
        all.filter_map(rating).collect()
    }

    fn with_fixed(&self, mut package: Package<'x>) -> Package<'x> {
        let versions = self.fixed.get(&*package.name).into_iter().flatten();
        package.fixed =
            versions.filter(|version| **version != package.version).map(|text| Text::from(*text)).collect();
        package
    }

    pub(crate) fn threats_of(&self, product: &str) -> impl Iterator<Item = &'x Threat<'x>> {
        let vulnerability = self.vulnerability;
        self.threats.of(product, self.scope.tree).filter_map(|at| vulnerability.threats.get(at))
    }

    pub(crate) fn contents_of(&self, product: &str) -> impl Iterator<Item = &'x Content<'x>> {
        let vulnerability = self.vulnerability;
        let metrics = self.metrics.of(product, self.scope.tree);
        metrics.filter_map(|at| vulnerability.metrics.get(at)?.content.as_ref())
    }

    pub(crate) fn remediations_of(&self, product: &str) -> impl Iterator<Item = &'x Remediation<'x>> {
        let vulnerability = self.vulnerability;
        self.remediations.of(product, self.scope.tree).filter_map(|at| vulnerability.remediations.get(at))
    }
}

/// The CVE, else the first id of another system, else what the document calls it.
fn primary_id<'x>(vulnerability: &'x Vulnerability<'_>, head: &'x Head) -> Cow<'x, str> {
    if let Some(id) = vulnerability.ids().next() {
        return id.into();
    }
    match (filled(&head.id), filled(&vulnerability.title)) {
        (Some(id), Some(title)) => Cow::Owned(format!("{id}/{title}")),
        (id, title) => id.or(title).unwrap_or_default().into(),
    }
}

/// A word of Germany's CERT-Bund as severities are read.
fn in_english(word: &str) -> &str {
    const WORDS: [(&str, &str); 4] =
        [("kritisch", "critical"), ("hoch", "high"), ("mittel", "medium"), ("niedrig", "low")];
    WORDS.iter().find(|(german, _)| german.eq_ignore_ascii_case(word)).map_or(word, |(_, english)| *english)
}

/// The package, the image that it is in, and its package URL.
fn package(about: About<'_>) -> (Package<'_>, Option<Image>, Option<&str>) {
    let product = about.product;
    let image = product.thing.image.as_ref().or(about.within.and_then(|within| within.thing.image.as_ref()));
    let purl = product.purl.as_deref();
    let by_purl = || purl.filter(|_| product.thing.image.is_none()).and_then(Package::from_purl);
    let mut package = by_purl().unwrap_or_else(|| Package::new(&*product.package, &*product.version));
    if package.version.is_empty() {
        package.version = product.version.as_str().into();
    }
    if let (Some(image), true) = (&product.thing.image, product.version.is_empty()) {
        package.version = image.version().unwrap_or_default().to_owned().into();
    }
    package.vulnerable = product.range.as_deref().map(Text::Borrowed);
    (package, image.cloned(), purl)
}
