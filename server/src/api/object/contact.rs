//! Contacts in the API.

use super::table::{creations, object, options};
use crate::api::scalar::{EmailAddress, PhoneNumber, TimeZone};

options! {
    /// Where the relation with a contact stands.
    ContactStatus { Lead, Active, Customer, Churned }
}

options! {
    /// How far a contact has come in marketing.
    ContactLifecycle { Subscriber, Lead, Qualified, Opportunity, Customer, Advocate }
}

object! {
    /// People we talk to.
    Contact contact contacts;
    required {}
    defaulted {
        /// The name to show; made of the first and last name, or the e-mail address, where it is not given.
        name: String,
        /// Where the relation stands.
        status: ContactStatus,
        /// How far the contact has come in marketing.
        lifecycle: ContactLifecycle,
        /// True where marketing e-mail must not be sent.
        email_opt_out: bool,
        /// True where marketing SMS must not be sent.
        sms_opt_out: bool,
    }
    optional {
        /// The given name.
        first_name: String,
        /// The family name.
        last_name: String,
        /// The e-mail address.
        email: EmailAddress,
        /// The telephone number.
        phone: PhoneNumber,
        /// What the contact does at the company.
        job_title: String,
        /// How promising the contact is.
        score: i32,
        /// Where the contact came from.
        source: String,
        /// The zone the contact lives in.
        time_zone: TimeZone,
        /// The town.
        city: String,
        /// ISO 3166-1 alpha-2.
        country: String,
        /// Free text.
        description: String,
    }
    kept {}
    required_references {}
    references {
        /// The company the contact works for.
        company: Company,
    }
    kept_references {}
    lists {
        /// The deals in which the contact is the main one.
        deals: Deal by "contact",
        /// What is to be done about the contact.
        tasks: Task by "contact",
        /// The notes about the contact.
        notes: Note by "contact",
        /// E-mail and SMS with the contact.
        messages: Message by "contact",
    }
    computed {}
}

creations!(Contact contact contacts);
