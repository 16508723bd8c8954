//! The middle of the provider's client library: every request goes through the egress client, never by the library's own
//! connections, and gets the form that the library leaves out.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use httpclient::{Error, InMemoryBody, InMemoryResponse, Middleware, Request, Response, StatusCode, middleware::Next};
use reqwest::{
    Method, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};

use super::{
    super::egress::{self, Egress},
    Carried,
};

/// Carries one request.
pub struct Through {
    egress: Egress,
    form: Option<String>,
    timeout: Duration,
    told: Told,
}

/// What became of the request below the library, which would lose most of it.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Option<Carried>>>);

impl Told {
    /// None where no request was made.
    pub fn take(&self) -> Option<Carried> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, carried: Carried) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(carried);
    }
}

impl Through {
    /// `form` is what is sent along; none to ask.
    pub fn new(egress: Egress, form: Option<String>, timeout: Duration) -> Self {
        Self {
            egress,
            form,
            timeout,
            told: Told::default(),
        }
    }

    pub fn told(&self) -> Told {
        self.told.clone()
    }

    fn request(&self, request: &Request) -> Result<egress::Request, &'static str> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| "the URL is not valid")?;
        let authorization = HeaderValue::from_str(request.header("authorization").unwrap_or_default());
        let authorization = authorization.map_err(|_| "the account is not valid")?;
        let json = HeaderValue::from_static("application/json");
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = [(AUTHORIZATION, authorization), (ACCEPT, json)];
        let headers = headers
            .into_iter()
            .chain(self.form.is_some().then_some((CONTENT_TYPE, form)));
        Ok(egress::Request {
            method: Method::from_bytes(request.method().as_str().as_bytes()).map_err(|_| "the method is not valid")?,
            url,
            headers: HeaderMap::from_iter(headers),
            body: self.form.clone().map(String::into_bytes),
            timeout: self.timeout,
            bound: Vec::new(),
        })
    }
}

#[async_trait]
impl Middleware for Through {
    async fn handle(&self, request: Request, _: Next<'_>) -> Result<Response, Error> {
        let sent = self.egress.send(self.request(&request).map_err(custom)?).await;
        let response = match &sent {
            Ok(answer) => {
                let status = StatusCode::from_u16(answer.status.as_u16());
                let status = status.map_err(|_| custom("the status is none"))?;
                let body = InMemoryBody::Bytes(answer.body.clone());
                Ok(InMemoryResponse::new(status, Default::default(), body).into())
            }
            Err(error) => Err(custom(&error.to_string())),
        };
        self.told.keep(sent);
        response
    }
}

/// The library's error is generic in what it carries; ours carries nothing.
fn custom(message: &str) -> Error {
    Error::custom(message)
}
