//! Connectors to Git repositories (connectors.git).

use cirun_diagnostics::Span;

use crate::Text;

/// A provider of repositories, by the connector's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitProvider {
    /// `Github`.
    Github,
    /// `Gitlab`.
    Gitlab,
    /// `Bitbucket`.
    Bitbucket,
    /// `Git`: any other server.
    Git,
    /// `AzureRepo`.
    AzureRepo,
    /// `Codecommit`.
    Codecommit,
}

impl GitProvider {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Github, Self::Gitlab, Self::Bitbucket, Self::Git, Self::AzureRepo, Self::Codecommit];

    /// The connector's type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Github => "Github",
            Self::Gitlab => "Gitlab",
            Self::Bitbucket => "Bitbucket",
            Self::Git => "Git",
            Self::AzureRepo => "AzureRepo",
            Self::Codecommit => "Codecommit",
        }
    }

    /// The provider of a connector's type.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.word() == word)
    }
}

/// `spec` of a connector to Git repositories.
#[derive(Debug, Clone, PartialEq)]
pub struct GitConnector {
    /// The connector's type.
    pub provider: GitProvider,
    /// `url`: of the repository, or of its account, project or region.
    pub url: Option<Text>,
    /// `type` (`connectionType` of `Git`): `Repo`, or `Account`, `Project`, `Region` if steps name the repository.
    pub url_type: Option<Text>,
    /// How to log in.
    pub login: Option<GitLogin>,
    /// The place of `spec`.
    pub span: Span,
}

/// How to log in to a Git server.
#[derive(Debug, Clone, PartialEq)]
pub enum GitLogin {
    /// `UsernamePassword` and `UsernameToken`.
    Password {
        /// The user name.
        user: GitUser,
        /// `passwordRef`, or `tokenRef`.
        password_ref: Option<Text>,
        /// The required field: `passwordRef` or `tokenRef`.
        field: &'static str,
        /// Its place.
        span: Span,
    },
    /// `OAuth`.
    OAuth {
        /// `tokenRef`.
        token_ref: Option<Text>,
        /// Its place.
        span: Span,
    },
    /// `GithubApp`: the service creates a token with the app's key.
    App {
        /// Its place.
        span: Span,
    },
    /// `Kerberos` of `Gitlab`: the service supports it, but CI does not clone with it.
    Kerberos {
        /// Its place.
        span: Span,
    },
    /// `AWSCredentials` of `Codecommit`.
    Aws {
        /// `accessKey`.
        access_key: Option<Text>,
        /// `accessKeyRef`.
        access_key_ref: Option<Text>,
        /// `secretKeyRef`.
        secret_key_ref: Option<Text>,
        /// Its place.
        span: Span,
    },
    /// `Ssh`.
    Ssh {
        /// `sshKeyRef`: a private key.
        key_ref: Option<Text>,
        /// Its place.
        span: Span,
    },
    /// `Anonymous`.
    Anonymous,
}

/// The user name of a login.
#[derive(Debug, Clone, PartialEq)]
pub struct GitUser {
    /// `username`.
    pub name: Option<Text>,
    /// `usernameRef`.
    pub name_ref: Option<Text>,
}
