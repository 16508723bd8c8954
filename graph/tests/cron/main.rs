//! When cron expressions come, by the opinion of others.

#[cfg(test)]
mod croner;
