//! What is certain of a mail, by how it failed; and that a third party's parser reads what was meant.

use std::time::Duration;

use anyhow::{Context, Result};
use chrono::DateTime;
use mail_parser::{MessageParser, MimeHeaders};
use pointsman::actions::email::{Attachment, Email, Mailer, Party, Security, SmtpConfig};
use pointsman::actions::{Code, Outcome};
use pointsman_tests::servers::smtp::{self, Fault, Options, Smtp, Stage, Times};

fn config(server: &Smtp) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".into(),
        port: server.port(),
        security: Security::Plain,
        username: None,
        password: "hush".into(),
        from: "Käthe von Acme <crm@acme.example>".into(),
        ca: None,
        timeout: Duration::from_secs(2),
    }
}

fn party(name: &str, address: &str) -> Party {
    Party {
        name: Some(name.into()),
        address: address.into(),
    }
}

fn email() -> Email {
    Email {
        from: None,
        reply_to: Some(party("Sales", "sales@acme.example")),
        to: vec![party("Åsa \"the\" <Lind>, Dr.", "asa@example.com")],
        cc: vec![party("Bob", "bob@example.com")],
        bcc: vec![party("Eve", "eve@example.com")],
        subject: "Größe 12 € 📈 — won".into(),
        text: "Grüße,\n.\n..dots\n.".into(),
        html: Some("<p>Grüße</p>".into()),
        unsubscribe: Some("https://crm.acme.example/u/abc?x=1&y=2".into()),
    }
}

async fn send(mailer: &Mailer, key: &str) -> Result<Outcome> {
    Ok(mailer.send(&email(), &[], &key.parse()?, DateTime::UNIX_EPOCH).await)
}

/// What became of a mail on a server that fails so each time, and how many it kept.
async fn failing(stage: Stage, fault: Fault) -> Result<(Outcome, usize)> {
    let server = Smtp::start(&Options {
        fault: Some((stage, fault, Times::Always)),
        ..Options::default()
    })?;
    let mailer = Mailer::new(SmtpConfig {
        timeout: Duration::from_millis(500),
        ..config(&server)
    })?;
    let outcome = send(&mailer, "k1").await?;
    Ok((outcome, server.mails()?.len()))
}

const BEFORE_THE_MAIL: [Stage; 3] = [Stage::Mail, Stage::Rcpt, Stage::Data];

#[tokio::test]
async fn a_third_party_reads_what_was_meant() -> Result<()> {
    let server = Smtp::start(&Options::default())?;
    let files = [Attachment {
        name: "Überblick.pdf".into(),
        media_type: "application/pdf".into(),
        content: vec![0, 255],
    }];
    let mailer = Mailer::new(config(&server))?;

    let outcome = mailer
        .send(&email(), &files, &"k1".parse()?, DateTime::UNIX_EPOCH)
        .await;

    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let mails = server.mails()?;
    let mail = MessageParser::default().parse(&mails[0].raw).context("not a mail")?;
    let to = mail.to().and_then(|to| to.first()).context("no recipient")?;
    assert_eq!(
        (to.name(), to.address()),
        (Some("Åsa \"the\" <Lind>, Dr."), Some("asa@example.com"))
    );
    assert_eq!(
        mail.from().and_then(|from| from.first()?.name()),
        Some("Käthe von Acme")
    );
    assert_eq!(
        mail.reply_to().and_then(|to| to.first()?.address()),
        Some("sales@acme.example")
    );
    assert_eq!(mail.subject(), Some("Größe 12 € 📈 — won"));
    assert_eq!(mail.message_id(), Some("k1@acme.example"));
    assert_eq!(mail.date().map(mail_parser::DateTime::to_timestamp), Some(0));
    assert_eq!(
        mail.body_text(0).as_deref().map(str::trim_end),
        Some("Grüße,\r\n.\r\n..dots\r\n.")
    );
    assert_eq!(mail.body_html(0).as_deref().map(str::trim_end), Some("<p>Grüße</p>"));
    assert_eq!(
        mail.header_raw("List-Unsubscribe").map(str::trim),
        Some("<https://crm.acme.example/u/abc?x=1&y=2>")
    );
    assert_eq!(
        mail.header_raw("List-Unsubscribe-Post").map(str::trim),
        Some("List-Unsubscribe=One-Click")
    );
    let file = mail.attachment(0).context("no attachment")?;
    assert_eq!(
        (file.attachment_name(), file.contents()),
        (Some("Überblick.pdf"), &[0, 255][..])
    );
    Ok(())
}

#[tokio::test]
async fn hidden_recipients_are_served_and_stay_hidden() -> Result<()> {
    let server = Smtp::start(&Options::default())?;

    send(&Mailer::new(config(&server))?, "k1").await?;

    let mail = &server.mails()?[0];
    assert_eq!(
        mail.envelope.recipients,
        ["asa@example.com", "bob@example.com", "eve@example.com"]
    );
    assert!(!String::from_utf8_lossy(&mail.raw).contains("eve"));
    Ok(())
}

#[tokio::test]
async fn a_mail_goes_by_starttls_with_a_login_to_a_server_of_a_private_authority() -> Result<()> {
    let login = Some(("ann".to_owned(), "hush".to_owned()));
    let server = Smtp::start(&Options {
        security: smtp::Security::StartTls,
        login,
        ..Options::default()
    })?;
    let secure = SmtpConfig {
        security: Security::StartTls,
        username: Some("ann".into()),
        ..config(&server)
    };
    let trusting = SmtpConfig {
        ca: Some(server.ca()),
        ..secure.clone()
    };
    let mistaken = SmtpConfig {
        password: "wrong".into(),
        ..trusting.clone()
    };

    let sent = send(&Mailer::new(trusting)?, "k1").await?;
    let unauthorised = send(&Mailer::new(mistaken)?, "k2").await?;
    let distrusted = send(&Mailer::new(secure)?, "k3").await?;

    assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    assert!(matches!(unauthorised, Outcome::NotSent { failure, .. } if failure.code == Code::AuthenticationFailed));
    assert!(matches!(distrusted, Outcome::NotSent { failure, .. } if failure.code == Code::ConnectFailed));
    let mails = server.mails()?;
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].envelope.login.as_deref(), mails[0].envelope.tls),
        (Some("ann"), true)
    );
    Ok(())
}

#[tokio::test]
async fn a_mail_goes_by_tls_from_the_first_byte() -> Result<()> {
    let server = Smtp::start(&Options {
        security: smtp::Security::Tls,
        ..Options::default()
    })?;
    let config = SmtpConfig {
        security: Security::Tls,
        ca: Some(server.ca()),
        ..config(&server)
    };

    let sent = send(&Mailer::new(config)?, "k1").await?;

    assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    Ok(())
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_mail_and_no_password() -> Result<()> {
    let server = Smtp::start(&Options::default())?;
    let config = SmtpConfig {
        security: Security::StartTls,
        ca: Some(server.ca()),
        ..config(&server)
    };

    let outcome = send(&Mailer::new(config)?, "k1").await?;

    assert!(matches!(outcome, Outcome::NotSent { failure, .. } if failure.code == Code::ConnectFailed));
    Ok(())
}

#[tokio::test]
async fn a_5xx_is_a_rejection_at_any_point() -> Result<()> {
    for stage in BEFORE_THE_MAIL.into_iter().chain([Stage::End]) {
        let (outcome, kept) = failing(stage, Fault::Reply(550)).await?;

        let Outcome::Rejected {
            failure,
            retryable: false,
        } = outcome
        else {
            anyhow::bail!("{stage:?}: {outcome:?}")
        };
        assert_eq!((failure.code, kept), (Code::Refused, 0), "{stage:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_4xx_is_not_sent_at_any_point() -> Result<()> {
    for stage in BEFORE_THE_MAIL.into_iter().chain([Stage::End]) {
        let (outcome, kept) = failing(stage, Fault::Reply(451)).await?;

        let Outcome::NotSent { failure, .. } = outcome else {
            anyhow::bail!("{stage:?}: {outcome:?}")
        };
        assert_eq!((failure.code, kept), (Code::Unavailable, 0), "{stage:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_lost_before_the_mail_is_not_sent() -> Result<()> {
    for stage in [Stage::Connect].into_iter().chain(BEFORE_THE_MAIL) {
        for fault in [Fault::Drop, Fault::Hang] {
            let (outcome, kept) = failing(stage, fault).await?;

            assert!(
                matches!(outcome, Outcome::NotSent { .. }),
                "{stage:?} {fault:?}: {outcome:?}"
            );
            assert_eq!(kept, 0);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_lost_after_the_final_dot_leaves_it_unknown() -> Result<()> {
    let (dropped, kept) = failing(Stage::End, Fault::Drop).await?;
    let (hung, _) = failing(Stage::End, Fault::Hang).await?;

    assert!(matches!(dropped, Outcome::Unknown { failure } if failure.code == Code::AnswerLost));
    assert!(matches!(hung, Outcome::Unknown { failure } if failure.code == Code::AnswerLost));
    assert_eq!(kept, 1);
    Ok(())
}

#[tokio::test]
async fn a_connection_lost_amid_a_large_mail_is_not_sent() -> Result<()> {
    let fault = Some((Stage::Body, Fault::Drop, Times::Always));
    let server = Smtp::start(&Options {
        fault,
        ..Options::default()
    })?;
    let file = Attachment {
        name: "a".into(),
        media_type: "text/plain".into(),
        content: vec![b'x'; 20 << 20],
    };

    let mailer = Mailer::new(config(&server))?;
    let outcome = mailer
        .send(&email(), &[file], &"k1".parse()?, DateTime::UNIX_EPOCH)
        .await;

    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
    assert_eq!(server.mails()?, []);
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_down_is_not_sent() -> Result<()> {
    let config = config(&Smtp::start(&Options::default())?);

    let outcome = send(&Mailer::new(config)?, "k1").await?;

    assert!(matches!(outcome, Outcome::NotSent { failure, .. } if failure.code == Code::ConnectFailed));
    Ok(())
}

#[tokio::test]
async fn a_mail_that_was_refused_leaves_the_connection_for_the_next() -> Result<()> {
    let fault = Some((Stage::Rcpt, Fault::Reply(450), Times::Once));
    let server = Smtp::start(&Options {
        fault,
        ..Options::default()
    })?;
    let mailer = Mailer::new(config(&server))?;

    let refused = send(&mailer, "k1").await?;
    let sent = send(&mailer, "k2").await?;

    assert!(matches!(refused, Outcome::NotSent { .. }), "{refused:?}");
    assert!(matches!(sent, Outcome::Done { .. }), "{sent:?}");
    assert_eq!(server.mails()?[0].envelope.recipients.len(), 3);
    Ok(())
}

#[tokio::test]
async fn an_unknown_mail_sent_again_is_the_same_mail() -> Result<()> {
    let fault = Some((Stage::End, Fault::Drop, Times::Once));
    let server = Smtp::start(&Options {
        fault,
        ..Options::default()
    })?;
    let mailer = Mailer::new(config(&server))?;

    let first = send(&mailer, "k1").await?;
    let second = send(&mailer, "k1").await?;

    assert!(matches!(
        (first, second),
        (Outcome::Unknown { .. }, Outcome::Done { .. })
    ));
    let mails = server.mails()?;
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].raw, mails[1].raw);
    Ok(())
}

#[tokio::test]
async fn a_user_name_in_another_script_needs_a_server_that_takes_it() -> Result<()> {
    for utf8 in [true, false] {
        let server = Smtp::start(&Options {
            utf8,
            ..Options::default()
        })?;
        let email = Email {
            to: vec![party("Wang", "用户@例子.example")],
            ..email()
        };

        let outcome = Mailer::new(config(&server))?
            .send(&email, &[], &"k1".parse()?, DateTime::UNIX_EPOCH)
            .await;

        let taken = matches!(outcome, Outcome::Done { .. });
        assert_eq!(taken, utf8, "{outcome:?}");
    }
    Ok(())
}

#[tokio::test]
async fn many_mails_at_once_all_arrive_once() -> Result<()> {
    let server = Smtp::start(&Options::default())?;
    let mailer = std::sync::Arc::new(Mailer::new(config(&server))?);

    let sending: Vec<_> = (0..50)
        .map(|n| {
            let mailer = std::sync::Arc::clone(&mailer);
            tokio::spawn(async move { send(&mailer, &format!("k{n}")).await })
        })
        .collect();
    for sent in sending {
        assert!(matches!(sent.await??, Outcome::Done { .. }));
    }

    let mails = server.mails()?;
    let parsed = mails
        .iter()
        .filter_map(|mail| MessageParser::default().parse(&mail.raw));
    let ids: std::collections::BTreeSet<_> = parsed.filter_map(|mail| mail.message_id().map(str::to_owned)).collect();
    assert_eq!((mails.len(), ids.len()), (50, 50));
    Ok(())
}
