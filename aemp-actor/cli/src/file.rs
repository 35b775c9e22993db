//! The commands for the configuration file.

use clap::Subcommand;

/// A command for the configuration file, other than those for a single key.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum FileCommand {
    #[command(flatten)]
    Profile(ProfileCommand),
    /// Check the configuration for mistakes
    Check,
}

/// A command that edits or prints profiles.
#[derive(Clone, Debug, Subcommand)]
#[command(rename_all = "lower")]
pub(crate) enum ProfileCommand {
    /// Select the profile that later commands edit, instead of the global defaults
    Profile {
        #[command(flatten)]
        profile: ProfileArgument,
    },
    /// Inherit from another profile
    #[command(visible_alias = "parent")]
    SetParent {
        #[command(flatten)]
        parent: ProfileArgument,
    },
    /// Inherit from the global defaults only
    DelParent,
    /// Delete a profile
    DelProfile {
        #[command(flatten)]
        profile: ProfileArgument,
    },
    /// Print the values that a profile sets itself
    ShowProfile {
        #[command(flatten)]
        profile: ProfileArgument,
    },
    /// Print the effective configuration of a profile [default: --profile, the host name]
    ShowConfig {
        /// A profile; then keys and values, which are only defaults
        #[arg(id = "NAME", num_args = 0.., allow_negative_numbers = true)]
        words: Vec<String>,
        /// Say in comments where each value was set, as on a terminal
        #[arg(long)]
        sources: bool,
    },
    /// Print the secret of a profile, to give it to another machine [default: --profile, the host name]
    ShowSecret,
    /// Generate a secret, which all nodes of the network need
    GenSecret,
    /// Generate a key and a certificate
    GenCert,
}

/// The name of a profile.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ProfileArgument {
    /// A profile
    #[arg(id = "NAME", allow_negative_numbers = true)]
    pub(crate) name: String,
}

impl ProfileCommand {
    /// Whether it only prints.
    pub(crate) fn only_shows(&self) -> bool {
        match self {
            Self::ShowProfile { .. } | Self::ShowConfig { .. } | Self::ShowSecret => true,
            Self::Profile { .. }
            | Self::SetParent { .. }
            | Self::DelParent
            | Self::DelProfile { .. }
            | Self::GenSecret
            | Self::GenCert => false,
        }
    }
}
