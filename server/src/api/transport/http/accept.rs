//! Agrees with the client on a media type (RFC 9110, section 12.5.1). Never guesses: what it cannot serve is a 406.

use mime::Mime;
use poem::http::{HeaderMap, HeaderValue, header};

/// The media types of a GraphQL response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api::transport) enum Media {
    /// `application/json`: the status tells only whether the request could be read.
    Json,
    /// `application/graphql-response+json`: the status tells whether it was executed.
    GraphQlResponse,
}

impl Media {
    /// The type without its parameters.
    const fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphQlResponse => "application/graphql-response+json",
        }
    }

    pub(super) const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// The media type that the client likes best. Without a preference it is JSON, which older clients expect.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Media> {
    if !headers.contains_key(header::ACCEPT) {
        return Some(Media::Json);
    }
    let mut ranges = ranges(headers);
    ranges.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    let (wanted, refused): (Vec<_>, Vec<_>) = ranges.into_iter().partition(|(_, quality)| *quality > 0.0);
    let is_refused = |media: &Media| refused.iter().any(|(range, _)| range.essence_str() == media.essence());
    wanted
        .iter()
        .find_map(|(range, _)| offered(range).iter().find(|media| !is_refused(media)).copied())
}

fn ranges(headers: &HeaderMap) -> Vec<(Mime, f32)> {
    let lines = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .filter_map(|range| range.trim().parse().ok())
        .map(weighed)
        .collect()
}

fn weighed(range: Mime) -> (Mime, f32) {
    let quality = range
        .get_param("q")
        .map_or(Some(1.0), |quality| quality.as_str().parse().ok());
    (range, quality.unwrap_or(0.0))
}

/// What we have that falls into the range.
fn offered(range: &Mime) -> &'static [Media] {
    if range
        .get_param(mime::CHARSET)
        .is_some_and(|charset| charset != mime::UTF_8)
    {
        return &[];
    }
    match range.essence_str() {
        "application/json" => &[Media::Json],
        "application/graphql-response+json" => &[Media::GraphQlResponse],
        "*/*" | "application/*" => &[Media::Json, Media::GraphQlResponse],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &'static str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        negotiate(&headers)
    }

    #[test]
    fn the_higher_quality_wins_and_then_the_first() {
        assert_eq!(
            negotiated("application/json;q=0.5, application/graphql-response+json"),
            Some(Media::GraphQlResponse)
        );
        assert_eq!(
            negotiated("application/json, application/graphql-response+json"),
            Some(Media::Json)
        );
    }

    #[test]
    fn anything_means_json_unless_json_is_refused() {
        assert_eq!(negotiated("*/*"), Some(Media::Json));
        assert_eq!(
            negotiated("application/json;q=0, */*;q=0.1"),
            Some(Media::GraphQlResponse)
        );
        assert_eq!(negotiate(&HeaderMap::new()), Some(Media::Json));
    }

    #[test]
    fn what_we_do_not_have_is_not_acceptable() {
        for accept in [
            "text/html",
            "application/json;q=0",
            "application/json; charset=iso-8859-1",
            "nonsense",
            "",
        ] {
            assert_eq!(negotiated(accept), None, "{accept}");
        }
    }
}
