//! The region of a loop: what its items run through. One way in, no way out: everything behind `each` belongs to it.

use std::collections::{BTreeMap, HashMap, HashSet};

use petgraph::{graph::NodeIndex, visit::Dfs};

use super::{Flaw, Link, Role, Track};

/// The edges that lead into a loop's region from outside of it. `done` leading there is one of them.
pub(super) fn entered(track: &Track, links: &[Link]) -> Vec<Flaw> {
    let loops = track.graph.node_indices().filter(|at| is_loop(track, *at));
    let regions: BTreeMap<NodeIndex, HashSet<NodeIndex>> = loops.map(|at| (at, region(track, at))).collect();
    let mut flaws = Vec::new();
    for (edge, link) in links.iter().enumerate() {
        let (Some(from), Some(to)) = (track.find(&link.from), track.find(&link.to)) else {
            continue;
        };
        for (of, region) in &regions {
            let inward = from == *of && link.port == crate::key::Port::EACH;
            if region.contains(&to) && !region.contains(&from) && !inward {
                flaws.extend(track.node(*of).map(|node| Flaw::EntersLoop {
                    edge,
                    of: node.key.clone(),
                }));
            }
        }
    }
    flaws
}

/// The innermost loop around each node that stands in one.
pub(super) fn homes(track: &Track) -> HashMap<NodeIndex, NodeIndex> {
    // An inner loop comes after the ones around it, so it has the last word.
    let loops = track.in_order().map(|(at, _)| at).filter(|at| is_loop(track, *at));
    loops
        .flat_map(|of| region(track, of).into_iter().map(move |at| (at, of)))
        .collect()
}

fn is_loop(track: &Track, at: NodeIndex) -> bool {
    track.node(at).is_some_and(|node| matches!(node.role, Role::Loop(_)))
}

fn region(track: &Track, of: NodeIndex) -> HashSet<NodeIndex> {
    let mut region = HashSet::new();
    let mut walk = Dfs::empty(&track.graph);
    for exit in track.exits(of).filter(|exit| exit.inward) {
        walk.move_to(exit.to);
        while let Some(at) = walk.next(&track.graph) {
            region.insert(at);
        }
    }
    region
}
