//! What the egress client calls, what it does not, and how much it takes.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use pointsman::actions::egress::{Answer, Egress, End, Error, MAX_BODY, Refusal, Request, Settings};
use pointsman_tests::servers::http::{Reply, Sink};
use pointsman_tests::servers::smtp::{self, Smtp};

fn get(url: &str) -> Result<Request> {
    let (method, headers) = ("GET".parse()?, Default::default());
    Ok(Request {
        method,
        url: url.parse()?,
        headers,
        body: None,
        timeout: Duration::from_secs(20),
        bound: Vec::new(),
    })
}

fn egress(allow: &[&str]) -> Result<Egress> {
    let allow = allow.iter().map(|one| one.parse()).collect::<Result<_, _>>()?;
    Ok(Egress::new(&Settings { allow, ca: None })?)
}

/// The answer of a server that replies so, from a client that may call it.
async fn answer(reply: Reply) -> Result<Answer> {
    let sink = Sink::start([reply]).await?;
    Ok(egress(&["127.0.0.0/8"])?.send(get(&sink.url("/"))?).await?)
}

#[tokio::test]
async fn this_machine_is_not_called_however_it_is_spelled() -> Result<()> {
    let sink = Sink::start([Reply::answer(200, &[], "in")]).await?;
    let port = sink.port();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "2130706433",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "127。0。0。1",
        "0.0.0.0",
        "0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ];
    let egress = egress(&[])?;

    for host in hosts {
        let refused = egress.send(get(&format!("http://{host}:{port}/"))?).await;

        assert!(
            matches!(refused, Err(Error::Refused(Refusal::Address { .. }))),
            "{host}: {refused:?}"
        );
    }
    assert_eq!(sink.recorded(), []);
    Ok(())
}

#[tokio::test]
async fn other_schemes_and_urls_with_credentials_are_not_called() -> Result<()> {
    let egress = egress(&["127.0.0.0/8"])?;

    for url in [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ws://127.0.0.1/",
    ] {
        assert!(
            matches!(egress.send(get(url)?).await, Err(Error::Refused(Refusal::Scheme(_)))),
            "{url}"
        );
    }
    let refused = egress.send(get("http://ann:secret@127.0.0.1/")?).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Credentials))));
    Ok(())
}

#[tokio::test]
async fn an_exception_opens_one_port_of_one_host() -> Result<()> {
    let (open, closed) = (
        Sink::start([Reply::answer(200, &[], "in")]).await?,
        Sink::start([Reply::Drop]).await?,
    );
    let egress = egress(&[&format!("localhost:{}", open.port())])?;

    let answer = egress.send(get(&format!("http://localhost:{}/", open.port()))?).await?;
    let refused = egress.send(get(&format!("http://localhost:{}/", closed.port()))?).await;

    assert_eq!(answer.body, b"in");
    assert!(matches!(refused, Err(Error::Refused(Refusal::Address { .. }))));
    Ok(())
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() -> Result<()> {
    let inside = Sink::start([Reply::answer(200, &[], "secret")]).await?;
    for target in [inside.url("/"), "http://169.254.169.254/latest/meta-data/".to_owned()] {
        let sink = Sink::start([Reply::answer(302, &[("Location", &target)], "")]).await?;
        let egress = egress(&[&format!("127.0.0.1:{}", sink.port())])?;

        let refused = egress.send(get(&sink.url("/"))?).await;

        assert!(
            matches!(refused, Err(Error::Refused(Refusal::Address { .. }))),
            "{refused:?}"
        );
    }
    assert_eq!(inside.recorded(), []);
    Ok(())
}

#[tokio::test]
async fn three_redirects_are_followed_and_not_a_fourth() -> Result<()> {
    let again = || Reply::answer(307, &[("Location", "/next")], "");
    let three = Sink::start([again(), again(), again(), Reply::answer(200, &[], "there")]).await?;
    let endless = Sink::start([again()]).await?;
    let egress = egress(&["127.0.0.0/8"])?;

    let answer = egress.send(get(&three.url("/"))?).await?;
    let refused = egress.send(get(&endless.url("/"))?).await;

    assert_eq!(answer.body, b"there");
    assert!(matches!(refused, Err(Error::Refused(Refusal::Redirects))));
    assert_eq!(endless.recorded().len(), 4);
    Ok(())
}

#[tokio::test]
async fn credentials_are_not_sent_to_another_origin() -> Result<()> {
    let other = Sink::start([Reply::answer(200, &[], "")]).await?;
    let first = Sink::start([Reply::answer(302, &[("Location", &other.url("/"))], "")]).await?;
    let mut request = get(&first.url("/"))?;
    for (name, value) in [
        ("authorization", "Bearer secret"),
        ("cookie", "secret"),
        ("x-api-key", "secret"),
    ] {
        request.headers.insert(name, value.parse()?);
    }

    egress(&["127.0.0.0/8"])?.send(request).await?;

    assert!(first.recorded()[0].headers.contains_key("x-api-key"));
    assert!(!format!("{:?}", other.recorded()).contains("secret"));
    Ok(())
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_its_limit() -> Result<()> {
    let answer = answer(Reply::Endless).await?;

    assert_eq!((answer.end, answer.body.len()), (End::Cut, MAX_BODY));
    Ok(())
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_at_its_limit_after_decompression() -> Result<()> {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![0; 64 * MAX_BODY])?;
    let bomb = bomb.finish()?;
    assert!(bomb.len() < MAX_BODY / 10);

    let answer = answer(Reply::answer(200, &[("Content-Encoding", "gzip")], bomb)).await?;

    assert_eq!((answer.end, answer.body.len()), (End::Cut, MAX_BODY));
    Ok(())
}

#[tokio::test]
async fn an_answer_of_exactly_the_limit_is_complete() -> Result<()> {
    let answer = answer(Reply::answer(200, &[], vec![b'x'; MAX_BODY])).await?;

    assert_eq!((answer.end, answer.body.len()), (End::Complete, MAX_BODY));
    Ok(())
}

#[tokio::test]
async fn a_dripping_answer_ends_with_its_time() -> Result<()> {
    let sink = Sink::start([Reply::Drip]).await?;
    let request = Request {
        timeout: Duration::from_secs(1),
        ..get(&sink.url("/"))?
    };

    let answer = egress(&["127.0.0.0/8"])?.send(request).await?;

    assert_eq!(answer.end, End::Lost);
    Ok(())
}

/// The server speaks TLS, and then no HTTP: how far the client comes shows whether it trusts.
#[tokio::test]
async fn a_private_authority_is_trusted_only_where_it_is_configured() -> Result<()> {
    let server = Smtp::start(&smtp::Options {
        security: smtp::Security::Tls,
        ..Default::default()
    })?;
    let url = format!("https://localhost:{}/", server.port());
    let allow = vec![format!("localhost:{}", server.port()).parse()?];

    let trusting = Egress::new(&Settings {
        allow,
        ca: Some(server.ca()),
    })?
    .send(get(&url)?)
    .await;
    let distrusting = egress(&[&format!("localhost:{}", server.port())])?
        .send(get(&url)?)
        .await;

    assert!(matches!(trusting, Err(Error::Lost { .. })), "{trusting:?}");
    assert!(matches!(distrusting, Err(Error::Connect { .. })), "{distrusting:?}");
    Ok(())
}
