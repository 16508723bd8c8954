//! Signing in and out, the first user, new users, and who one is.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use pointsman_entities::ids::UserId;
use secrecy::{ExposeSecret, SecretString};

use super::{
    caller::{caller, part},
    door::Cookies,
    error::{Error, Result},
    noun::{self, Noun, Written},
    object::{User, UserCreateInput, UserCreatePayload},
    payload::{UserError, UserErrorCode},
    role::Rights,
    scalar::{EmailAddress, RoleName},
    transport::{Code, IdempotencyKey, Remote},
};
use crate::{
    auth::{
        self, Accounts, FirstUser, NewUser, Principal, SESSION_LIFE, SetUp, SignIn, SignedIn, password::NewPassword,
    },
    crm::{Access, Crm},
};

/// Who the caller is.
#[derive(SimpleObject)]
pub struct Viewer {
    /// The user, or the owner of the key; null for a key that acts for nobody.
    user: Option<User>,
    /// The role that says what the caller may do.
    role: RoleName,
    /// What the caller may do, by object and field: what front ends hide and refuse beforehand.
    rights: Rights,
}

/// Tells who one is.
#[derive(Default)]
pub struct AccountQueries;

#[Object]
impl AccountQueries {
    /// Who the caller is; null where nobody is signed in.
    async fn viewer(&self, context: &Context<'_>) -> Result<Option<Viewer>> {
        let Ok(caller) = caller(context) else { return Ok(None) };
        let user = match caller.access().user() {
            Some(user) => caller.record(User::OBJECT, user.into()).await?.map(User::from),
            None => None,
        };
        Ok(Some(Viewer {
            user,
            role: RoleName(caller.access().role().text()),
            rights: Rights::of(&part::<Crm>(context)?.catalogue(), caller.access()),
        }))
    }
}

/// What a user signs in with.
#[derive(InputObject)]
pub struct SessionCreateInput {
    /// The address of the user.
    email: EmailAddress,
    /// The password.
    password: String,
    /// How the session is to be carried.
    #[graphql(default)]
    carrier: SessionCarrier,
}

/// How a client carries its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum SessionCarrier {
    /// A cookie that scripts can't read: for pages of this server.
    #[default]
    Cookie,
    /// A token for `Authorization: Bearer`: for apps, and for pages of other sites.
    Bearer,
}

/// What became of signing in.
#[derive(Default, SimpleObject)]
pub struct SessionCreatePayload {
    /// Who is signed in now.
    user: Option<User>,
    /// The token, where it was asked for instead of the cookie.
    token: Option<String>,
    /// Why nobody was signed in; empty where somebody was.
    user_errors: Vec<UserError>,
}

/// What became of signing out.
#[derive(SimpleObject)]
pub struct SessionDeletePayload {
    /// Whether there was a session to end; false for API keys.
    deleted: bool,
    /// Always empty.
    user_errors: Vec<UserError>,
}

/// The first administrator.
#[derive(InputObject)]
pub struct SetUpInput {
    /// The token at the end of the link that the server printed.
    token: String,
    /// The address to sign in with.
    email: EmailAddress,
    /// The full name.
    name: String,
    /// 10 to 256 characters, and none of the most common passwords.
    password: String,
}

/// What became of the set-up.
#[derive(Default, SimpleObject)]
pub struct SetUpPayload {
    /// The administrator, now signed in.
    user: Option<User>,
    /// Why nobody was made administrator; empty where somebody was.
    user_errors: Vec<UserError>,
}

/// Signs in and out, and creates users.
#[derive(Default)]
pub struct AccountMutations;

#[Object]
impl AccountMutations {
    /// Makes whoever holds the server's one-time link the first administrator, and signs them in.
    async fn set_up(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The link's token, and who to become.")] input: SetUpInput,
    ) -> Result<Option<SetUpPayload>> {
        refuse_key(context)?;
        let (accounts, crm) = (part::<Accounts>(context)?, part::<Crm>(context)?);
        let password = match new_password(input.password) {
            Ok(password) => password,
            Err(error) => return Ok(Some(SetUpPayload::refused(vec![error]))),
        };
        let first = FirstUser {
            token: input.token.into(),
            email: input.email.0,
            name: input.name,
            password,
        };
        let (user, session) = match accounts.set_up(first).await? {
            SetUp::Done { user, session } => (user, session),
            SetUp::WrongLink => return Err(Error::forbidden("This link was used, or is not the last one printed.")),
            SetUp::Refused(problems) => return Ok(Some(SetUpPayload::refused(of_user(crm, problems)?))),
        };
        set_cookie(context, session.expose_secret(), SESSION_LIFE)?;
        Ok(Some(SetUpPayload {
            user: user_of(crm, user).await?,
            user_errors: Vec::new(),
        }))
    }

    /// Signs in. Refused for a while where it was tried too often.
    async fn session_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Address, password, and how to carry the session.")] input: SessionCreateInput,
    ) -> Result<Option<SessionCreatePayload>> {
        refuse_key(context)?;
        let sign_in = SignIn {
            email: input.email.0,
            password: input.password.into(),
            address: context.data_opt::<Remote>().map(|remote| remote.0),
            user_agent: None,
        };
        match part::<Accounts>(context)?.sign_in(sign_in).await? {
            SignedIn::Opened { user, token } => {
                let token = match input.carrier {
                    SessionCarrier::Bearer => Some(token.expose_secret().to_owned()),
                    SessionCarrier::Cookie => {
                        set_cookie(context, token.expose_secret(), SESSION_LIFE)?;
                        None
                    }
                };
                Ok(Some(SessionCreatePayload {
                    user: user_of(part::<Crm>(context)?, user).await?,
                    token,
                    user_errors: Vec::new(),
                }))
            }
            SignedIn::Refused => Ok(Some(SessionCreatePayload {
                user_errors: vec![UserError::at(
                    &["input"],
                    UserErrorCode::Invalid,
                    "The address or the password is wrong.",
                )],
                ..SessionCreatePayload::default()
            })),
            SignedIn::Throttled { wait } => Err(Error::new(
                Code::RateLimited,
                format!("Too many attempts. Try again in {} s.", wait.as_secs().max(1)),
            )),
        }
    }

    /// Signs out: ends the session that the request came with.
    async fn session_delete(&self, context: &Context<'_>) -> Result<Option<SessionDeletePayload>> {
        caller(context)?;
        let Some(principal) = context.data_opt::<Principal>() else {
            return Err(Error::unauthenticated());
        };
        let deleted = part::<Accounts>(context)?.sign_out(principal).await?;
        set_cookie(context, "", 0)?;
        Ok(Some(SessionDeletePayload {
            deleted,
            user_errors: Vec::new(),
        }))
    }

    /// Creates a user, who can sign in where a password is given.
    async fn user_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its values.")] input: UserCreateInput,
        #[graphql(desc = "10 to 256 characters, and none of the most common passwords.")] password: Option<String>,
    ) -> Result<Option<UserCreatePayload>> {
        let (caller, crm) = (caller(context)?, part::<Crm>(context)?);
        let password = match password.map(new_password).transpose() {
            Ok(password) => password,
            Err(error) => return Ok(Some(Written::refused(vec![error]).into())),
        };
        let path = ["input".to_owned()];
        let object = noun::object::<User>(crm)?;
        let (values, problems) = noun::changes(&object, &path, input);
        if !problems.is_empty() {
            return Ok(Some(Written::refused(problems).into()));
        }
        let user = NewUser { values, password };
        let accounts = part::<Accounts>(context)?;
        let outcome = accounts.create_user(caller.access(), user, noun::key(context)).await?;
        Ok(Some(noun::written(context, outcome, &[path.to_vec()]).await?.into()))
    }
}

impl SetUpPayload {
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            user: None,
            user_errors,
        }
    }
}

impl From<auth::Error> for Error {
    fn from(error: auth::Error) -> Self {
        match error {
            auth::Error::Password(auth::password::Error::Busy) => {
                Self::new(Code::Unavailable, "Too many sign-ins at once. Try again.")
            }
            other => Self::fault(&other),
        }
    }
}

fn new_password(password: String) -> std::result::Result<NewPassword, UserError> {
    NewPassword::new(SecretString::from(password))
        .map_err(|weak| UserError::at(&["input", "password"], UserErrorCode::Invalid, weak.to_string()))
}

fn of_user(crm: &Crm, problems: Vec<crate::crm::write::Problem>) -> Result<Vec<UserError>> {
    let object = noun::object::<User>(crm)?;
    let error = |problem| UserError::of(&object, problem, &["input".to_owned()]);
    problems.into_iter().map(error).collect()
}

/// The user who has just proved who they are; their own record is theirs to see.
async fn user_of(crm: &Crm, user: UserId) -> Result<Option<User>> {
    let object = noun::object::<User>(crm)?;
    let mut found = crm.recall(&Access::system(), &object, &[user.into()]).await?;
    Ok(found.pop().map(User::from))
}

fn set_cookie(context: &Context<'_>, value: &str, life: i64) -> Result<()> {
    let header = part::<Cookies>(context)?.set(value, life / 1_000_000);
    context.append_http_header("set-cookie", header);
    Ok(())
}

/// The answer holds a secret that is not kept, so it could not be given again.
pub(super) fn refuse_key(context: &Context<'_>) -> Result<()> {
    match context.data_opt::<IdempotencyKey>() {
        Some(_) => Err(Error::input(
            "This mutation takes no Idempotency-Key: its answer can't be repeated.",
        )),
        None => Ok(()),
    }
}
