//! Which remediations, scores, threats and flags are for which products.

use super::{ProductTree, Vulnerability};
use scanlift_convert_api::json::Loose;
use std::collections::HashMap;

/// How many entries are told for a product.
const MOST: usize = 20;

/// The entries of a list by the products that they are for.
#[derive(Debug, Default)]
pub struct Applies<'v> {
    /// Those that name no product are for all.
    every: Vec<usize>,
    by_product: HashMap<&'v str, Vec<usize>>,
    by_group: HashMap<&'v str, Vec<usize>>,
}

impl<'v> Applies<'v> {
    fn new(entries: impl Iterator<Item = (&'v [Loose<'v>], &'v [Loose<'v>])>) -> Self {
        let mut applies = Self::default();
        for (at, (products, groups)) in entries.enumerate() {
            if products.is_empty() && groups.is_empty() {
                applies.every.push(at);
            }
            for (map, ids) in [(&mut applies.by_product, products), (&mut applies.by_group, groups)] {
                for id in ids {
                    map.entry(id.trim()).or_default().push(at);
                }
            }
        }
        applies
    }

    /// The entries for a product, by their number in the list, at most 20.
    pub fn of<'s>(
        &'s self,
        product: &str,
        tree: &'s ProductTree,
    ) -> impl Iterator<Item = usize> + use<'s, 'v> {
        let own = self.by_product.get(product).into_iter().flatten();
        let grouped =
            tree.groups_of(product).iter().filter_map(|group| self.by_group.get(group.as_str())).flatten();
        let mut found: Vec<usize> = own.chain(grouped).chain(&self.every).copied().take(MOST).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter()
    }
}

impl Vulnerability<'_> {
    /// Which flag is for which product.
    #[must_use]
    pub fn flags(&self) -> Applies<'_> {
        Applies::new(self.flags.iter().map(|it| (it.product_ids.as_slice(), it.group_ids.as_slice())))
    }

    /// Which threat is for which product.
    #[must_use]
    pub fn threats(&self) -> Applies<'_> {
        Applies::new(self.threats.iter().map(|it| (it.product_ids.as_slice(), it.group_ids.as_slice())))
    }

    /// Which remediation is for which product.
    #[must_use]
    pub fn remediations(&self) -> Applies<'_> {
        Applies::new(self.remediations.iter().map(|it| (it.product_ids.as_slice(), it.group_ids.as_slice())))
    }

    /// Which score (CSAF 2.0) is for which product.
    #[must_use]
    pub fn scores(&self) -> Applies<'_> {
        Applies::new(self.scores.iter().map(|it| (it.products.as_slice(), [].as_slice())))
    }

    /// Which metric (CSAF 2.1) is for which product.
    #[must_use]
    pub fn metrics(&self) -> Applies<'_> {
        Applies::new(self.metrics.iter().map(|it| (it.products.as_slice(), [].as_slice())))
    }
}
