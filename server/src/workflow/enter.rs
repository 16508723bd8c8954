//! Starts that no change makes: a person's, a time's, a call's. Each keeps to its workflow's settings.

use pointsman_entities::ids::MemberId;

use super::{
    admission::{Admission, Desk},
    reason::Reason,
    versions::Version,
};
use crate::{
    crm::{
        Crm,
        write::{Decision, Enrolled},
    },
    store,
};

/// Adds the runs of the starts that the version's settings let in; why not, for each of the others.
pub(super) async fn enter(
    crm: &Crm,
    member: MemberId,
    version: &Version,
    starts: Vec<Enrolled>,
    decision: &mut Decision<'_>,
) -> Result<Vec<Reason>, store::Error> {
    let desk = Desk {
        store: crm.store(),
        catalogue: crm.catalogue(),
        source: crm.source(),
        member,
    };
    let (mut admission, mut turned_away) = (Admission::default(), Vec::new());
    for start in starts {
        let (snapshot, set) = (&mut decision.snapshot, &mut decision.set);
        match admission.admit(&desk, version, start, snapshot, set).await? {
            Ok(enrolled) => decision.enrolled.push(enrolled),
            Err(reason) => turned_away.push(reason),
        }
    }
    admission.close(&mut decision.set);
    Ok(turned_away)
}
