//! Processor time of processes, from `/proc` (proc(5)).

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// Clock ticks a second: what `sysconf(_SC_CLK_TCK)` gives on every Linux.
const TICKS: u64 = 100;

/// What a process, its children and those that it has outlived have used, in user and system mode.
pub fn of_tree(root: u32) -> Result<Duration> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that has ended since the listing is counted by its parent.
        let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else {
            continue;
        };
        let stat = Stat::read(&stat).with_context(|| stat.clone())?;
        if id == root {
            ticks += stat.own + stat.reaped;
        } else if stat.parent == root {
            ticks += stat.own;
        }
    }
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

struct Stat {
    parent: u32,
    own: u64,
    reaped: u64,
}

impl Stat {
    /// The name in parentheses may hold anything; the numbers follow the last of them.
    fn read(text: &str) -> Option<Self> {
        let (_, numbers) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = numbers.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: number(11)? + number(12)?,
            reaped: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_numbers() {
        let stat = Stat::read("7 (a) b) S 3 7 7 0 -1 0 1 2 3 4 50 6 70 8 20 0 1").unwrap();

        assert_eq!((stat.parent, stat.own, stat.reaped), (3, 56, 78));
    }
}
