//! Commands for an installation, carried out by whoever holds it: the command itself, or through a socket in the data folder
//! the server that has it open. The socket is for the folder's owner alone.

mod trial;
mod workflow;

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    auth::{NewKey, NewUser, password::NewPassword},
    config::Config,
    crm::{Access, Value, id, mutate::Outcome},
    installation::{Error, Installation},
    seed::{self, Seeded},
    store::Location,
};

pub use trial::{DryRunOrder, JobLine, Played, SubjectOrder, TrialOrder};
pub use workflow::{Draft, NewWorkflow, ProblemLine, StartOrder, WorkflowLine, WorkflowOrder};

/// What a command asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    CreateUser(UserOrder),
    CreateKey(KeyOrder),
    Seed,
    Workflow(WorkflowOrder),
    Trial(TrialOrder),
}

/// A user to be.
#[derive(Debug, Serialize, Deserialize)]
pub struct UserOrder {
    pub email: String,
    /// The address stands in where it is not given.
    pub name: Option<String>,
    pub role: String,
    pub password: String,
}

/// A key to be.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeyOrder {
    pub name: String,
    pub role: String,
}

/// What became of a command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    User {
        id: String,
    },
    /// The key itself is shown this once.
    Key {
        id: String,
        secret: String,
    },
    Seeded(Seeded),
    Workflows(Vec<WorkflowLine>),
    Draft(Draft),
    /// A run has begun.
    Run {
        id: String,
    },
    DryRun(Box<Played>),
    Job(JobLine),
    /// The input will not do.
    Refused {
        problems: Vec<String>,
    },
    /// A fault; the log says more.
    Failed {
        message: String,
    },
}

/// Carries a command out on an open installation.
pub async fn perform(installation: &Installation, order: Order) -> Answer {
    let done = match order {
        Order::CreateUser(order) => create_user(installation, order).await,
        Order::CreateKey(order) => create_key(installation, order).await,
        Order::Seed => seed(installation).await,
        Order::Workflow(order) => workflow::perform(installation, order).await,
        Order::Trial(order) => trial::perform(installation, order).await,
    };
    done.unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a command has failed");
        Answer::Failed {
            message: error.to_string(),
        }
    })
}

async fn seed(installation: &Installation) -> Result<Answer, Error> {
    let seeded = seed::demonstration(&installation.crm).await?;
    // After the records, so that writing them starts no runs.
    installation.workflows.demonstrate().await?;
    Ok(Answer::Seeded(seeded))
}

async fn create_user(installation: &Installation, order: UserOrder) -> Result<Answer, Error> {
    let password = match NewPassword::new(SecretString::from(order.password)) {
        Ok(password) => Some(password),
        Err(weak) => return Ok(refused(weak.to_string())),
    };
    let Some(role) = installation.crm.role_named(&order.role).await? else {
        return Ok(no_role(&order.role));
    };
    let name = order.name.unwrap_or_else(|| order.email.clone());
    let given = [("email", order.email), ("name", name), ("role", role.role.text())];
    let object = installation.crm.object("user");
    let index = |name: &str| object.as_ref().and_then(|object| Some(object.field(name)?.0));
    let values = given
        .into_iter()
        .filter_map(|(name, value)| Some((index(name)?, Value::text(value))));
    let user = NewUser {
        values: values.collect(),
        password,
    };
    let outcome = installation.accounts.create_user(&Access::system(), user, None).await?;
    Ok(match outcome {
        Outcome::Written(records) => match records.first() {
            Some(record) => Answer::User { id: record.global_id() },
            None => refused("no user was written".into()),
        },
        Outcome::Refused(problems) => Answer::Refused {
            problems: problems.into_iter().map(|(_, problem)| problem.message).collect(),
        },
        Outcome::Repeated(_) | Outcome::KeyReused => refused("the command was answered before".into()),
    })
}

async fn create_key(installation: &Installation, order: KeyOrder) -> Result<Answer, Error> {
    let Some(role) = installation.crm.role_named(&order.role).await? else {
        return Ok(no_role(&order.role));
    };
    let key = NewKey {
        name: order.name,
        role: role.role,
        owner: None,
        expires_at: None,
    };
    let shown = installation.accounts.create_key(key).await?;
    Ok(Answer::Key {
        id: id::format("key", shown.id),
        secret: shown.text.expose_secret().to_owned(),
    })
}

fn no_role(text: &str) -> Answer {
    refused(format!(
        "`{text}` is no role: admin, member, viewer, or one of this installation"
    ))
}

fn refused(problem: String) -> Answer {
    Answer::Refused {
        problems: vec![problem],
    }
}

/// The socket by which a server takes commands for the folder that it holds.
pub struct Control {
    path: PathBuf,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Control {
    /// Listens in the data folder; none with PostgreSQL, which commands can use beside the server.
    ///
    /// # Errors
    /// Where the socket can't be made.
    pub async fn listen(config: &Config, installation: &Arc<Installation>) -> Result<Option<Self>, Error> {
        let Some(path) = socket(config) else { return Ok(None) };
        let listener = bind(&path).map_err(|source| Error::Listen {
            what: path.display().to_string(),
            source,
        })?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(accept(listener, Arc::clone(installation), stop.clone(), tasks.clone()));
        Ok(Some(Self { path, stop, tasks }))
    }

    /// Takes no more commands and finishes those under way.
    pub async fn close(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

fn socket(config: &Config) -> Option<PathBuf> {
    match &config.location {
        Location::Folder(folder) => Some(folder.join("control.sock")),
        Location::Postgres { .. } => None,
    }
}

/// The folder's lock is held, so a socket that is there is a dead server's.
fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn accept(listener: UnixListener, installation: Arc<Installation>, stop: CancellationToken, tasks: TaskTracker) {
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                let installation = Arc::clone(&installation);
                tasks.spawn(async move {
                    if let Err(error) = answer(stream, &installation).await {
                        tracing::warn!(%error, "a command went away");
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "a command could not be taken"),
        }
    }
}

/// One line of JSON each way.
async fn answer(stream: UnixStream, installation: &Installation) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let answer = perform(installation, serde_json::from_str(&line)?).await;
    stream.write_all(serde_json::to_string(&answer)?.as_bytes()).await?;
    stream.write_all(b"\n").await?;
    stream.shutdown().await
}

/// Sends a command to the server that has the installation open; gives it back where none has.
///
/// # Errors
/// Where the server goes away before it answers.
pub async fn send(config: &Config, order: Order) -> io::Result<Result<Answer, Order>> {
    let Some(path) = socket(config) else {
        return Ok(Err(order));
    };
    let mut stream = match UnixStream::connect(&path).await {
        Ok(stream) => BufReader::new(stream),
        Err(error) if [ErrorKind::NotFound, ErrorKind::ConnectionRefused].contains(&error.kind()) => {
            return Ok(Err(order));
        }
        Err(error) => return Err(error),
    };
    stream.write_all(serde_json::to_string(&order)?.as_bytes()).await?;
    stream.write_all(b"\n").await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    Ok(Ok(serde_json::from_str(&line)?))
}
