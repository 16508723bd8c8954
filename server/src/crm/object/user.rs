//! People who sign in, own records and are assigned tasks.

use super::{Field, Kind, Object, date_time, text};

pub(super) fn object() -> Object {
    Object::new(
        "user",
        "User",
        "People who sign in, own records and are assigned tasks.",
    )
    .administrative()
    .with([
        Field::new("email", "email", Kind::Email, "The address the user signs in with.")
            .required()
            .unique(),
        text("name", "name", "The full name.").required(),
        text(
            "role",
            "role",
            "What the user may do: `ADMIN`, `MEMBER`, `VIEWER`, or the id of another role.",
        )
        .default("MEMBER"),
        Field::new(
            "timeZone",
            "time_zone",
            Kind::TimeZone,
            "The zone that times are shown in.",
        ),
        text("locale", "locale", "BCP 47 tag."),
        date_time("disabledAt", "disabled_at", "Set while the user may not sign in."),
    ])
}
