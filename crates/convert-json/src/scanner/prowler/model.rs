//! What is read of a finding, with only the fields that are used.

use scanlift_convert_api::json::{self, Loose, TextOr, filled};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A Detection Finding of OCSF (class 2004, and the Security Finding before it), and an entry of the two
/// formats of Prowler's own before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Found<'a> {
    #[serde(borrow)]
    pub(super) metadata: Metadata<'a>,
    pub(super) status: Option<Loose<'a>>,
    pub(super) status_code: Option<Loose<'a>>,
    pub(super) status_detail: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    pub(super) risk_details: Option<Loose<'a>>,
    #[serde(alias = "finding")]
    pub(super) finding_info: FindingInfo<'a>,
    #[serde(deserialize_with = "json::list")]
    pub(super) resources: Vec<Resource<'a>>,
    pub(super) cloud: Cloud<'a>,
    pub(super) remediation: Remediation<'a>,
    #[serde(rename = "compliance")]
    pub(super) requirements: Requirements<'a>,
    pub(super) unmapped: Unmapped<'a>,

    #[serde(rename = "CheckID")]
    pub(super) check_id: Option<Loose<'a>>,
    #[serde(rename = "CheckTitle")]
    pub(super) check_title: Option<Loose<'a>>,
    #[serde(rename = "Status")]
    pub(super) old_status: Option<Loose<'a>>,
    #[serde(rename = "StatusExtended", alias = "Message")]
    pub(super) status_extended: Option<Loose<'a>>,
    #[serde(rename = "Severity")]
    pub(super) old_severity: Option<Loose<'a>>,
    #[serde(rename = "Description")]
    pub(super) description: Option<Loose<'a>>,
    #[serde(rename = "Risk")]
    pub(super) risk: Option<Loose<'a>>,
    #[serde(rename = "RelatedUrl", alias = "Doc link")]
    pub(super) related_url: Option<Loose<'a>>,
    /// A text in version 2.
    #[serde(rename = "Remediation")]
    pub(super) old_remediation: Option<TextOr<'a, OldRemediation<'a>>>,
    #[serde(rename = "ResourceArn")]
    pub(super) resource_arn: Option<Loose<'a>>,
    #[serde(rename = "ResourceId", alias = "Resource ID")]
    pub(super) resource_id: Option<Loose<'a>>,
    #[serde(rename = "ResourceType")]
    pub(super) resource_type: Option<Loose<'a>>,
    #[serde(rename = "ServiceName", alias = "Service")]
    pub(super) service: Option<Loose<'a>>,
    #[serde(
        rename = "AccountId",
        alias = "SubscriptionId",
        alias = "Subscription",
        alias = "ProjectId",
        alias = "Account Number"
    )]
    pub(super) account: Option<Loose<'a>>,
    #[serde(rename = "Region", alias = "Location")]
    pub(super) region: Option<Loose<'a>>,
    #[serde(rename = "Provider")]
    pub(super) provider: Option<Loose<'a>>,
    /// A text in version 2.
    #[serde(rename = "Compliance")]
    pub(super) compliance: Option<TextOr<'a, Frameworks<'a>>>,

    /// Of version 2: `[check11] Avoid the use of the root account`.
    #[serde(rename = "Control")]
    control: Option<Loose<'a>>,
    /// Of version 2: `1.1`.
    #[serde(rename = "Control ID")]
    control_id: Option<Loose<'a>>,
}

/// Their requirements, by framework.
pub(super) type Frameworks<'a> = BTreeMap<String, Vec<Loose<'a>>>;

impl Found<'_> {
    /// The id of the check.
    pub(super) fn rule(&self) -> Option<&str> {
        let feature = || self.metadata.product.as_ref()?.feature.as_ref();
        filled(&self.metadata.event_code)
            .or_else(|| feature().and_then(|feature| filled(&feature.uid).or(filled(&feature.name))))
            .or(filled(&self.check_id))
            .or(self.control().0)
            .or(filled(&self.control_id))
    }

    /// The check of version 2, by its id and its title.
    pub(super) fn control(&self) -> (Option<&str>, Option<&str>) {
        let control = filled(&self.control);
        match control.and_then(|control| control.strip_prefix('[')?.split_once(']')) {
            Some((id, title)) => (Some(id), Some(title.trim())),
            None => (None, control),
        }
    }

    /// Whether version 2 wrote it, whose checks had other ids.
    pub(super) fn is_of_version_2(&self) -> bool {
        self.control.is_some()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    event_code: Option<Loose<'a>>,
    product: Option<Product<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Product<'a> {
    /// The check, in the first OCSF.
    #[serde(borrow)]
    feature: Option<Named<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FindingInfo<'a> {
    #[serde(borrow)]
    pub(super) title: Option<Loose<'a>>,
    pub(super) desc: Option<Loose<'a>>,
    /// These three in the first OCSF.
    pub(super) remediation: Option<Remediation<'a>>,
    pub(super) src_url: Option<Loose<'a>>,
    pub(super) supporting_data: Option<Supporting<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Supporting<'a> {
    #[serde(borrow, rename = "Risk")]
    pub(super) risk: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resource<'a> {
    #[serde(borrow)]
    pub(super) uid: Option<Loose<'a>>,
    pub(super) name: Option<Loose<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) region: Option<Loose<'a>>,
    /// Of a resource of Kubernetes.
    namespace: Option<Loose<'a>>,
    pub(super) group: Option<Named<'a>>,
}

impl Resource<'_> {
    /// The name of a resource of Kubernetes, whose uid is another one whenever it is created.
    pub(super) fn in_cluster(&self) -> Option<String> {
        Some(format!("{}/{}", filled(&self.namespace)?, filled(&self.name)?))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cloud<'a> {
    #[serde(borrow)]
    pub(super) account: Option<Named<'a>>,
    pub(super) provider: Option<Loose<'a>>,
    pub(super) region: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    pub(super) uid: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Remediation<'a> {
    #[serde(borrow)]
    pub(super) desc: Option<Loose<'a>>,
    /// Pages, and commands.
    #[serde(alias = "kb_articles", deserialize_with = "json::list")]
    pub(super) references: Vec<Loose<'a>>,
}

/// Of the first OCSF.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Requirements<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(super) requirements: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Unmapped<'a> {
    #[serde(borrow)]
    pub(super) related_url: Option<Loose<'a>>,
    pub(super) compliance: Option<Frameworks<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct OldRemediation<'a> {
    #[serde(borrow)]
    pub(super) code: Code<'a>,
    pub(super) recommendation: Recommendation<'a>,
}

/// Pages, and commands.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Code<'a> {
    #[serde(borrow, rename = "CLI")]
    pub(super) cli: Option<Loose<'a>>,
    #[serde(rename = "NativeIaC")]
    pub(super) native: Option<Loose<'a>>,
    #[serde(rename = "Terraform")]
    pub(super) terraform: Option<Loose<'a>>,
    #[serde(rename = "Other")]
    pub(super) other: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Recommendation<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Loose<'a>>,
    pub(super) url: Option<Loose<'a>>,
}
