//! The names of roles: the three that come with an installation, and those that it has made itself. What a role allows
//! says [`super::rights`].

use pointsman_entities::ids::RoleId;
use uuid::Uuid;

use crate::crm::id;

/// What the ids of roles that an installation has made begin with.
const PREFIX: &str = "role";

/// A role, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads all records.
    Viewer,
    /// Reads all records, writes all but the administrative ones, deletes its own.
    Member,
    /// Everything.
    Admin,
    /// What the role's row says.
    Custom(RoleId),
}

impl Role {
    /// The roles that can be neither changed nor deleted, the mightiest first.
    pub const BUILT_IN: [Self; 3] = [Self::Admin, Self::Member, Self::Viewer];

    /// The role as it is stored and shown: `ADMIN`, `MEMBER`, `VIEWER` or `role_…`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Admin => "ADMIN".into(),
            Self::Member => "MEMBER".into(),
            Self::Viewer => "VIEWER".into(),
            Self::Custom(role) => id::format(PREFIX, role),
        }
    }

    /// Reads what [`Role::text`] wrote. Says nothing of whether there is such a role.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let built_in = Self::BUILT_IN
            .into_iter()
            .find(|role| role.text().eq_ignore_ascii_case(text));
        let custom = || id::parse::<Uuid>(PREFIX, text).map(|id| Self::Custom(RoleId(id)));
        built_in.or_else(custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_was_written() {
        let custom = Role::Custom(RoleId(Uuid::from_u128(7)));

        for role in Role::BUILT_IN.into_iter().chain([custom]) {
            assert_eq!(Role::parse(&role.text()), Some(role));
        }
        assert_eq!(Role::parse("member"), Some(Role::Member));
        assert_eq!(Role::parse("OWNER"), None);
    }
}
