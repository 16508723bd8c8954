//! GraphQL over HTTP, by the draft of July 2025: POST with `application/json`, GET for queries, one request each.
//! Never runs a mutation that a plain link or form could send, and never reads more of a body than the caller may send.

mod accept;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, Response};
use mime::Mime;
use poem::error::ReadBodyError;
use poem::http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use tokio::time::timeout;

use super::credentials::{Authenticate, Credentials};
use super::failure::{Code, Failure, contained, is_request_error};
use super::guard::{self, Admitted};
use super::idempotency::IdempotencyKey;
use super::payload::Payload;
use super::request_id::X_REQUEST_ID;
use super::{ANONYMOUS_BYTES, DEADLINE, Refusal, Remote, RequestId, SIGNED_IN_BYTES, Transport, parameters};
pub(super) use accept::Media;

/// What the endpoint answers to.
pub(super) const METHODS: &str = "GET, HEAD, OPTIONS, POST";

/// Answers one request, whatever becomes of it.
pub(super) async fn answer<S: Executor, A: Authenticate>(
    transport: &Transport<S, A>,
    request: poem::Request,
    id: &RequestId,
) -> poem::Response {
    let Some(media) = accept::negotiate(request.headers()) else {
        let refused = Failure::new(
            StatusCode::NOT_ACCEPTABLE,
            Code::BadUserInput,
            "Only JSON can be served.",
        );
        return failed(refused, Media::Json, id);
    };
    // Dropping the execution at the deadline drops its statements with it: nothing goes on behind the client's back.
    let outcome = timeout(DEADLINE, contained(execute(transport, request, id))).await;
    match outcome.unwrap_or_else(|_| Err(Failure::late())).flatten() {
        Ok(response) => executed(response, media, id),
        Err(failure) => failed(failure, media, id),
    }
}

/// Says what the endpoint takes. To a named origin's preflight, `Origins::allow` adds what CORS wants.
pub(super) fn options() -> poem::Response {
    poem::Response::builder()
        .status(StatusCode::NO_CONTENT)
        .header(header::ALLOW, METHODS)
        .finish()
}

/// Puts the headers of every answer on it: an API's answers are never cached, sniffed, framed or run.
pub(super) fn dress(response: &mut poem::Response, id: &RequestId) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    headers.append(header::VARY, HeaderValue::from_name(header::ACCEPT));
    headers.extend(id.header().map(|value| (X_REQUEST_ID, value)));
}

async fn execute<S: Executor, A: Authenticate>(
    transport: &Transport<S, A>,
    mut request: poem::Request,
    id: &RequestId,
) -> Result<Response, Failure> {
    check_method(&request)?;
    let credentials = Credentials::of(&request, &transport.settings.session_cookie)?;
    if credentials.session.is_some() && !transport.settings.origins.admit(&request) {
        return Err(Refusal::Forbidden.into());
    }
    let remote = credentials.remote;
    let principal = transport.authenticate.authenticate(credentials).await?;
    let mut graphql = read(&mut request, principal.is_some()).await?;
    let key = IdempotencyKey::of(request.headers(), &graphql)?;

    let admitted = match guard::admit(&mut graphql) {
        Ok(admitted) => admitted,
        Err(error) => return Ok(Response::from_errors(vec![error])),
    };
    check_operation(admitted, request.method(), key.is_some())?;

    graphql.data = transport.data(principal.as_ref(), id);
    if let Some(remote) = remote {
        graphql.data.insert(Remote(remote));
    }
    if let Some(key) = key {
        graphql.data.insert(key);
    }
    Ok(transport.schema.execute(graphql).await)
}

fn check_method(request: &poem::Request) -> Result<(), Failure> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(()),
        Method::POST if is_json(request.content_type()) => Ok(()),
        Method::POST => Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::BadUserInput,
            "A POST must be `application/json` in UTF-8.",
        )),
        _ => Err(not_allowed("This method is not for GraphQL.", METHODS)),
    }
}

/// No other type will do: forms and plain text can be sent by any page without a preflight.
fn is_json(content_type: Option<&str>) -> bool {
    content_type
        .and_then(|text| text.parse::<Mime>().ok())
        .is_some_and(|mime| {
            mime.essence_str() == mime::APPLICATION_JSON.essence_str()
                && mime
                    .get_param(mime::CHARSET)
                    .is_none_or(|charset| charset == mime::UTF_8)
        })
}

async fn read(request: &mut poem::Request, signed_in: bool) -> Result<Request, Failure> {
    if request.method() != Method::POST {
        return parameters::from_query_string(request);
    }
    let most = if signed_in { SIGNED_IN_BYTES } else { ANONYMOUS_BYTES };
    match request.take_body().into_bytes_limit(most).await {
        Ok(body) => parameters::from_body(&body),
        Err(ReadBodyError::PayloadTooLarge) => {
            let message = format!("The body is longer than {most} bytes.");
            Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, Code::BadUserInput, message))
        }
        Err(_) => Err(Failure::malformed("The body cannot be read.")),
    }
}

fn check_operation(admitted: Admitted, method: &Method, keyed: bool) -> Result<(), Failure> {
    match admitted.kind {
        OperationType::Mutation if method != Method::POST => Err(not_allowed("A mutation goes by POST.", "POST")),
        // One key names one write set, and every root field of a mutation makes its own.
        OperationType::Mutation if keyed && admitted.root_fields != 1 => Err(Failure::malformed(
            "A mutation with an `Idempotency-Key` has exactly one root field.",
        )),
        OperationType::Query | OperationType::Mutation => Ok(()),
        OperationType::Subscription => Err(Failure::malformed("A subscription goes by WebSocket.")),
    }
}

fn not_allowed(message: &str, methods: &'static str) -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, Code::BadUserInput, message)
        .with(header::ALLOW, HeaderValue::from_static(methods))
}

fn executed(mut response: Response, media: Media, id: &RequestId) -> poem::Response {
    let status = match media {
        Media::GraphQlResponse if is_request_error(&response) => StatusCode::BAD_REQUEST,
        Media::GraphQlResponse | Media::Json => StatusCode::OK,
    };
    let headers = std::mem::take(&mut response.http_headers);
    let mut reply = written(status, media, &Payload::new(response, id));
    reply.headers_mut().extend(headers);
    reply
}

pub(super) fn failed(failure: Failure, media: Media, id: &RequestId) -> poem::Response {
    let payload = Payload::new(Response::from_errors(vec![failure.error()]), id);
    let mut reply = written(failure.status, media, &payload);
    reply.headers_mut().extend(failure.header);
    reply
}

fn written(status: StatusCode, media: Media, payload: &impl Serialize) -> poem::Response {
    match serde_json::to_vec(payload) {
        Ok(body) => poem::Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, media.content_type())
            .body(body),
        Err(error) => {
            tracing::error!(%error, "a response cannot be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into()
        }
    }
}

#[cfg(test)]
mod tests;
