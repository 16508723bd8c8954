//! What others bring to us by HTTP without an account: mails, SMS, receipts, people who unsubscribe or decide. Each endpoint
//! proves first who brings it; what it means is `messaging`'s and the engine's to say.

mod answer;
mod approval;
mod email;
mod page;
mod twilio;
mod unsubscribe;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, Route, get, post};
use secrecy::SecretString;

use crate::{
    engine::Engine,
    messaging::{Links, Messaging},
};

/// What the endpoints work with.
pub struct Inbound {
    pub messaging: Arc<Messaging>,
    pub engine: Arc<Engine>,
    pub links: Arc<Links>,
    /// What whoever brings mails must show; none takes no mails.
    pub email_token: Option<SecretString>,
    /// What Twilio signs with; none takes no SMS.
    pub sms_token: Option<SecretString>,
}

/// The endpoints, each under its whole path.
#[must_use]
pub fn routes(route: Route, inbound: Arc<Inbound>) -> Route {
    route
        .at("/inbound/email", with(post(email::receive), &inbound))
        .at("/inbound/twilio", with(post(twilio::receive), &inbound))
        .at(
            "/approvals/:token",
            with(get(approval::show).post(approval::decide), &inbound),
        )
        .at(
            "/unsubscribe/:token",
            with(get(unsubscribe::ask).post(unsubscribe::obey), &inbound),
        )
}

fn with(endpoint: impl Endpoint + 'static, inbound: &Arc<Inbound>) -> impl Endpoint + 'static {
    endpoint.data(Arc::clone(inbound))
}
