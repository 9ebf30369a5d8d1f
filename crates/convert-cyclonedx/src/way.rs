//! How the project comes to its components.

use crate::component::{Component, Components};
use crate::graph::Key;
use crate::outline::Outline;

/// The last step of the way to a component.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Step {
    /// Whether there is a way at all.
    is_known: bool,
    /// The component before it, by its place in the table.
    before: Option<u32>,
    /// Whether the project asks for it itself, as far as the graph can tell.
    pub(crate) direct: Option<bool>,
}

impl Components {
    /// Finds the way to each of them: by its reference, else by its package URL.
    pub(crate) fn find_ways(&mut self, outline: &Outline) {
        let mut steps = vec![Step::default(); self.all.len()];
        for (key, place) in self.by_ref.iter().chain(&self.by_purl) {
            if let Some(step) = steps.get_mut(*place as usize).filter(|step| !step.is_known) {
                *step = self.step(&outline.ways.to(*key), outline);
            }
        }
        for (component, step) in self.all.iter_mut().zip(steps) {
            component.step = step;
        }
    }

    fn step(&self, keys: &[Key], outline: &Outline) -> Step {
        let places: Vec<u32> = keys.iter().filter_map(|key| self.place(*key)).collect();
        let way: Vec<&Component> = places.iter().filter_map(|place| self.all.get(*place as usize)).collect();
        let before = places.len().checked_sub(2).and_then(|before| places.get(before).copied());
        Step { is_known: !way.is_empty(), before, direct: is_direct(keys, &way, outline) }
    }

    /// What leads to a component from the root, itself last; empty if that is not known.
    pub(crate) fn way_to<'c>(&'c self, component: &'c Component) -> Vec<&'c Component> {
        let mut way = Vec::new();
        let mut next = Some(component).filter(|component| component.step.is_known);
        // Of two components with each other's names the ways could be a circle.
        while let Some(component) = next.filter(|_| way.len() < LONGEST) {
            way.push(component);
            next = component.step.before.and_then(|before| self.all.get(before as usize));
        }
        way.reverse();
        way
    }
}

/// More steps are not told.
const LONGEST: usize = 64;

/// Whether the project asks for the last of a way itself, as far as the graph can tell.
fn is_direct(keys: &[Key], way: &[&Component], outline: &Outline) -> Option<bool> {
    let first = way.iter().position(|it| !it.is_structure())?;
    match way.len() - first {
        // In a graph that goes no deeper nobody says what asks for whom, nor of a jar that lies about.
        1 => (outline.ways.deepest() > keys.len() && !is_file(way.last()?)).then_some(true),
        // The only package of a lock file may be the project itself.
        2 if way.len() == keys.len() && is_structure_before(first, way, outline) => {
            (!outline.ways.is_only_child(*keys.get(first)?)).then_some(false)
        }
        _ => Some(false),
    }
}

fn is_structure_before(first: usize, way: &[&Component], outline: &Outline) -> bool {
    let before = first.checked_sub(1).and_then(|before| way.get(before).copied());
    before.or(outline.root.as_ref()).is_some_and(Component::is_structure)
}

/// Whether it was found as a file of its own.
fn is_file(component: &Component) -> bool {
    component.properties.get("aquasecurity:trivy:FilePath").is_some()
}
