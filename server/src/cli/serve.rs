//! `pointsman serve`.

use std::{io, process::ExitCode};

use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    app::App,
    config::{Config, Log},
    source::Source,
};

pub(super) async fn serve(config: &Config) -> anyhow::Result<ExitCode> {
    log(config.log);
    let app = App::start(config, Source::system()).await?;
    let url = config.public_url(app.address);
    tracing::info!(%url, "serving");
    if let Some(link) = &app.set_up_link {
        eprintln!(
            "\nCreate the first administrator here (works once):\n\n    {}\n",
            link.expose_secret()
        );
    }
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    tracing::info!("stopping");
    app.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn log(format: Log) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match format {
        Log::Human => lines.init(),
        Log::Json => lines.json().init(),
    }
}
