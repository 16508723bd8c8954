//! Companies in the API.

use super::table::{creations, object, options};
use crate::api::scalar::{PhoneNumber, Url};

options! {
    /// What a company is to us.
    CompanyLifecycle { Prospect, Customer, Former, Partner }
}

object! {
    /// Organisations that people work for.
    Company company companies;
    required {
        /// What the company is called.
        name: String,
    }
    defaulted {
        /// What the company is to us.
        lifecycle: CompanyLifecycle,
    }
    optional {
        /// Host name of its e-mail and website.
        domain: String,
        /// The website's address.
        website: Url,
        /// The main telephone number.
        phone: PhoneNumber,
        /// The line of business.
        industry: String,
        /// How many people work there.
        employees: i32,
        /// Street and number.
        street: String,
        /// The town.
        city: String,
        /// State, province or county.
        region: String,
        /// The postal code.
        postal_code: String,
        /// ISO 3166-1 alpha-2.
        country: String,
        /// Free text.
        description: String,
    }
    kept {}
    required_references {}
    references {}
    kept_references {}
    lists {
        /// The people who work for it.
        contacts: Contact by "company",
        /// The deals with it.
        deals: Deal by "company",
        /// What is to be done about it.
        tasks: Task by "company",
        /// The notes about it.
        notes: Note by "company",
        /// E-mail and SMS about it.
        messages: Message by "company",
    }
    computed {}
}

creations!(Company company companies);
