//! Counts what may have taken rights away on this server node, so that whoever remembers rights asks again. Says neither
//! whose they were nor what became of them.

use tokio::sync::watch;

/// The count. It only grows.
#[derive(Clone, Debug)]
pub struct Revocations(watch::Sender<u64>);

impl Default for Revocations {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Revocations {
    /// Something may have been taken back.
    pub fn note(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// How often something was taken back so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        *self.0.borrow()
    }

    /// Tells when something is taken back from now on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
