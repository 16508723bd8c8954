//! Global ids as text: TypeIDs, `<prefix>_<26 characters>` (<https://github.com/jetify-com/typeid>).

use pointsman_entities::ids::RecordId;
use typeid_suffix::prelude::TypeIdSuffix;
use uuid::Uuid;

/// The text of an id.
#[must_use]
pub fn format(prefix: &str, id: impl Into<Raw>) -> String {
    format!("{prefix}_{}", TypeIdSuffix::from(id.into().0))
}

/// The id behind a text; none where the prefix is another or the rest is no id.
#[must_use]
pub fn parse<T: From<Uuid>>(prefix: &str, text: &str) -> Option<T> {
    let (found, id) = split(text)?;
    (found == prefix).then(|| T::from(id))
}

/// The prefix and the UUID of an id; none where the text is no id.
#[must_use]
pub fn split(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, suffix) = text.rsplit_once('_')?;
    let suffix: TypeIdSuffix = suffix.parse().ok()?;
    Some((prefix, suffix.to_uuid()))
}

/// Any of the typed ids, as the UUID it is.
pub struct Raw(Uuid);

impl From<RecordId> for Raw {
    fn from(id: RecordId) -> Self {
        Self(id.0)
    }
}

macro_rules! raw {
    ($($id:ident),+) => {$(
        impl From<pointsman_entities::ids::$id> for Raw {
            fn from(id: pointsman_entities::ids::$id) -> Self {
                Self(id.0)
            }
        }
    )+};
}

raw!(
    UserId,
    TeamId,
    WorkflowId,
    VersionId,
    RunId,
    EffectId,
    KeyId,
    RoleId,
    MemberId,
    JobId,
    SecretId,
    ScheduleId,
    SignalId,
    ApprovalId,
    NotificationId,
    CustomObjectId,
    CustomFieldId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = RecordId(Uuid::now_v7());

        let text = format("contact", id);

        assert_eq!(parse("contact", &text), Some(id));
        assert_eq!(parse::<RecordId>("company", &text), None);
        assert_eq!(parse::<RecordId>("contact", "contact_nonsense"), None);
        assert_eq!(parse::<RecordId>("contact", ""), None);
    }
}
