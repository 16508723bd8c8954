//! Children of a test end with it.

use std::os::unix::process::ExitStatusExt;

use anyhow::{Result, anyhow};
use pointsman_tests::servers::Process;

#[test]
fn a_child_is_killed_when_the_thread_that_started_it_ends() -> Result<()> {
    let started = std::thread::spawn(|| {
        let mut child = Process::start(Process::command("sh").args(["-c", "echo up; exec sleep 60"]))?;
        child.line()?;
        Ok::<_, anyhow::Error>(child)
    });

    let ended = started.join().map_err(|_| anyhow!("the thread panicked"))??.wait()?;

    assert_eq!(ended.signal(), Some(9));
    Ok(())
}

#[test]
fn a_child_that_ends_early_is_an_error_not_a_wait() -> Result<()> {
    let mut child = Process::start(&mut Process::command("true"))?;

    assert!(child.line().is_err());
    Ok(())
}
