//! Who may connect, and how it has to prove itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aemp_transport::{AuthMethod, Certificates, HandshakeConfig, Policy, Require, Secret};

use super::{Config, ConfigError};

/// The settings of this file, not checked yet.
#[derive(Clone)]
pub(crate) struct Security {
    secrets: Secrets,
    source: Source,
    stls: bool,
    policy: Policy,
    accept_cleartext: bool,
    auth_offer: Vec<AuthMethod>,
    auth_accept: Vec<AuthMethod>,
    /// Reads the profile again that secrets and certificates are from.
    profile: Option<ReadProfile>,
}

type ReadProfile = Arc<dyn Fn() -> Result<Config, ReadError> + Send + Sync>;

/// What is wrong with a profile.
pub(crate) type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// Where the secrets come from.
#[derive(Clone)]
enum Secrets {
    Ready(Vec<Secret>),
    /// One, which is the text of this file.
    File(PathBuf),
}

impl Secrets {
    fn read(&self) -> Result<Vec<Secret>, ConfigError> {
        match self {
            Self::Ready(secrets) => Ok(secrets.clone()),
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(vec![Secret::from(text.trim())]),
                Err(error) => Err(ConfigError::SecretFile { path: path.clone(), error }),
            },
        }
    }
}

/// Where the certificates come from.
#[derive(Clone)]
enum Source {
    None,
    Ready(Arc<Certificates>),
    /// Everything in one file.
    File(PathBuf),
    Files {
        certificate: PathBuf,
        key: PathBuf,
        trusted: Option<PathBuf>,
    },
}

impl Config {
    /// The secret that all nodes of the network share: [`secrets`](Self::secrets) with one.
    #[must_use]
    pub fn secret(self, secret: impl Into<Secret>) -> Self {
        self.secrets([secret])
    }

    /// The secrets that are valid. The node proves itself with the first, and accepts all. A node
    /// with certificates needs none.
    ///
    /// To change the secret of a network without an interruption: add the new one as the second
    /// everywhere, then make it the first everywhere, then remove the old one everywhere; each
    /// time by [`Node::reload_security`](crate::Node::reload_security), or a restart.
    #[must_use]
    pub fn secrets<S: Into<Secret>>(self, secrets: impl IntoIterator<Item = S>) -> Self {
        self.secrets_of(Secrets::Ready(secrets.into_iter().map(Into::into).collect()))
    }

    /// The [`secret`](Self::secret) is the text of a file, without white space around it. It is read by
    /// [`Node::configure`](crate::Node::configure), and anew by each
    /// [`Node::reload_security`](crate::Node::reload_security).
    #[must_use]
    pub fn secret_file(self, path: impl Into<PathBuf>) -> Self {
        self.secrets_of(Secrets::File(path.into()))
    }

    fn secrets_of(mut self, secrets: Secrets) -> Self {
        self.security.secrets = secrets;
        self.security.profile = None;
        self
    }

    /// The node's certificate, and which ones it trusts. Connections to nodes that have
    /// certificates, too, are encrypted and checked by these.
    #[must_use]
    pub fn certificates(self, certificates: Certificates) -> Self {
        self.certificates_of(Source::Ready(Arc::new(certificates)))
    }

    /// [`certificates`](Self::certificates) read from a PEM file by
    /// [`Node::configure`](crate::Node::configure), and anew by each
    /// [`Node::reload_security`](crate::Node::reload_security): see
    /// [`Certificates::from_pem_file`].
    #[must_use]
    pub fn certificate_file(self, path: impl Into<PathBuf>) -> Self {
        self.certificates_of(Source::File(path.into()))
    }

    /// [`certificates`](Self::certificates) read from separate PEM files in the same way: see
    /// [`Certificates::from_files`].
    #[must_use]
    pub fn certificate_files(
        self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
        trusted: Option<&Path>,
    ) -> Self {
        let trusted = trusted.map(Path::to_path_buf);
        let (certificate, key) = (certificate.into(), key.into());
        self.certificates_of(Source::Files { certificate, key, trusted })
    }

    fn certificates_of(mut self, source: Source) -> Self {
        self.security.source = source;
        self.security.profile = None;
        self
    }

    /// Secrets and certificates are from a profile, which can be read again.
    pub(crate) fn set_profile(
        &mut self,
        read: impl Fn() -> Result<Self, ReadError> + Send + Sync + 'static,
    ) {
        self.security.profile = Some(Arc::new(read));
    }

    /// This configuration with the secrets and certificates that its profile has now, if they are
    /// from one.
    pub(crate) fn read_again(&self) -> Result<Self, ReadError> {
        let mut config = self.clone();
        if let Some(read) = &self.security.profile {
            let Security { secrets, source, .. } = read()?.security;
            config.security.secrets = secrets;
            config.security.source = source;
        }
        Ok(config)
    }

    /// Whether connections to nodes of this implementation are encrypted by the secret alone where
    /// no certificates are agreed on. Default: yes.
    #[must_use]
    pub fn stls(mut self, stls: bool) -> Self {
        self.security.stls = stls;
        self
    }

    /// What every connection has to have. Default: [`Require::Encrypted`], from which loopback and
    /// [`plain_peers`](Self::plain_peers) are exempt.
    #[must_use]
    pub fn require(mut self, require: Require) -> Self {
        self.security.policy.require = require;
        self
    }

    /// Whether plain connections from and to other hosts are admitted: nodes of the Perl
    /// implementation without a certificate, and scripts. They still prove that they know the
    /// secret, but whoever is on the way can read and change everything. Default: no.
    #[must_use]
    pub fn plain_peers(mut self, admit: bool) -> Self {
        self.security.policy.plain_peers = admit;
        self
    }

    /// Whether peers that prove nothing (`tls_anon`) are admitted. Their node IDs have to begin
    /// with `anon/`, they hear nothing of the mesh, and all they send is refused unless
    /// [`Access::untrusted`](crate::Access::untrusted) says otherwise. Default: no.
    #[must_use]
    pub fn anonymous_peers(mut self, admit: bool) -> Self {
        self.security.policy.anonymous_peers = admit;
        self
    }

    /// Whether a certificate has to be made out for the node ID that its owner greets with, as the
    /// subject alternative name `DNS:NODEID` or `URI:aemp:NODEID`. Else any node that has a trusted
    /// certificate can take any node ID. Default: no.
    #[must_use]
    pub fn check_node_id(mut self, check: bool) -> Self {
        self.security.policy.check_node_id = check;
        self
    }

    /// Whether a peer may prove that it knows the secret by sending it in clear text, as small
    /// scripts do; on plain connections only. Default: yes, as in the Perl implementation.
    #[must_use]
    pub fn accept_cleartext(mut self, accept: bool) -> Self {
        self.security.accept_cleartext = accept;
        self
    }

    /// The authentication methods that are accepted of peers, best first. Default: all that the
    /// crate knows. [`accept_cleartext`](Self::accept_cleartext) goes on top of it.
    #[must_use]
    pub fn auth_accept(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.security.auth_accept = methods.into_iter().collect();
        self
    }

    /// The authentication methods this node is willing to send. Which of them it sends is decided
    /// by the other node's order. Default: [`AuthMethod::OFFERED`].
    #[must_use]
    pub fn auth_offer(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.security.auth_offer = methods.into_iter().collect();
        self
    }
}

impl Security {
    /// Checks the secrets and reads the files; `networked`: there is anybody to talk to.
    pub(crate) fn load(&self, networked: bool) -> Result<Loaded, ConfigError> {
        let (certificates, setting) = match &self.source {
            Source::None => (None, ""),
            Source::Ready(certificates) => (Some(Ok(certificates.clone())), "certificates"),
            Source::File(path) => {
                (Some(Certificates::from_pem_file(path).map(Arc::new)), "certificate_file")
            }
            Source::Files { certificate, key, trusted } => {
                let read = Certificates::from_files(certificate, key, trusted.as_deref());
                (Some(read.map(Arc::new)), "certificate_files")
            }
        };
        let certificates = certificates
            .transpose()
            .map_err(|error| ConfigError::Certificates { setting, error })?;
        let secrets = self.secrets.read()?;
        let nothing = secrets.is_empty() && certificates.is_none();
        if networked && (nothing || secrets.iter().any(Secret::is_empty)) {
            return Err(ConfigError::NoSecret);
        }
        Ok(Loaded { security: self.clone(), secrets, certificates })
    }
}

impl Default for Security {
    fn default() -> Self {
        Self {
            secrets: Secrets::Ready(Vec::new()),
            source: Source::None,
            stls: true,
            policy: Policy::default(),
            accept_cleartext: true,
            auth_offer: AuthMethod::OFFERED.to_vec(),
            auth_accept: AuthMethod::ALL.to_vec(),
            profile: None,
        }
    }
}

/// The settings of this file, checked and read.
pub(crate) struct Loaded {
    security: Security,
    secrets: Vec<Secret>,
    certificates: Option<Arc<Certificates>>,
}

impl Loaded {
    /// Has handshakes follow these settings.
    pub(crate) fn apply(self, handshake: &mut HandshakeConfig) {
        let Security { stls, policy, accept_cleartext, auth_offer, auth_accept, .. } =
            self.security;
        handshake.secrets = self.secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        handshake.certificates = self.certificates;
        handshake.stls = stls;
        handshake.policy = policy;
        handshake.offer = auth_offer;
        handshake.accept = auth_accept;
        if !accept_cleartext {
            handshake.accept.retain(|method| *method != AuthMethod::Cleartext);
        }
    }
}
