//! The workflow that comes with the demonstration's records: the one of the README's tour.

use pointsman_graph::definition::Definition;

use super::{
    Error,
    manage::{New, Workflows},
};
use crate::crm::Access;

const CLOSED_WON: &str = include_str!("../../../docs/examples/closed-won.json");

impl Workflows {
    /// Publishes "Closed won": a won deal makes its company a customer and sets a task.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn demonstrate(&self) -> Result<(), Error> {
        let access = Access::system();
        let Ok(definition) = Definition::read(CLOSED_WON) else {
            return Ok(());
        };
        let new = New {
            name: "Closed won".into(),
            description: Some("A won deal makes its company a customer, and a task is due in three days.".into()),
            time_zone: "UTC".into(),
            definition,
        };
        if let Ok(workflow) = self.create(&access, new).await? {
            self.publish(&access, workflow.id, None).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pointsman_graph::{check::check, value::Schema};

    use super::*;
    use crate::crm::Catalogue;

    #[test]
    fn the_example_is_sound() {
        let definition = Definition::read(CLOSED_WON).unwrap();
        let schema: Arc<dyn Schema> = Arc::new(Catalogue::core());

        let checked = check(&definition, &schema);

        assert!(checked.plan.is_some(), "{:#?}", checked.problems);
    }
}
