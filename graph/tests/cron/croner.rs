//! The npm package croner, in `tests/suites/cron`: another implementation of the same rules.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use chrono::{DateTime, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use pointsman_graph::timetable::Cron;
use serde_json::json;

/// Expressions with a zone and a start each.
const CASES: usize = 10_000;

/// Times compared of each.
const TIMES: usize = 5;

/// 2020 to 2034: what both know the zones' rules of.
const FIRST: u64 = 1_577_836_800;
const YEARS: u64 = 15 * 365 * 86_400;

/// Zones whose clocks change, half of them not by an hour at two: they get half of the cases.
const CHANGING: [Tz; 10] = [
    Tz::America__New_York,
    Tz::Europe__Berlin,
    Tz::Australia__Lord_Howe,
    Tz::Australia__Adelaide,
    Tz::America__Havana,
    Tz::Asia__Beirut,
    Tz::America__Santiago,
    Tz::Pacific__Chatham,
    Tz::Europe__London,
    Tz::Africa__Casablanca,
];

struct Case {
    cron: String,
    zone: Tz,
    after: DateTime<Utc>,
}

#[test]
#[ignore = "needs Node, and `npm ci` in tests/suites/cron"]
fn ten_thousand_expressions_come_when_croner_says() {
    let mut dice = Dice(20_260_105);
    let cases: Vec<Case> = (0..CASES).map(|_| case(&mut dice)).collect();

    let theirs = theirs(&cases);

    assert_eq!(theirs.len(), CASES);
    let differ = cases
        .iter()
        .zip(&theirs)
        .filter(|(case, theirs)| ours(case) != **theirs);
    let differ: Vec<_> = differ.map(|(case, theirs)| told(case, theirs)).collect();
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

fn ours(case: &Case) -> Vec<i64> {
    let cron: Cron = case.cron.parse().unwrap();
    let next = |time: &DateTime<Utc>| cron.next(*time, case.zone);
    let times = std::iter::successors(cron.next(case.after, case.zone), next);
    times.take(TIMES).map(|time| time.timestamp()).collect()
}

fn theirs(cases: &[Case]) -> Vec<Vec<i64>> {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suites/cron");
    let mut node = Command::new("node");
    node.arg("next.mjs").current_dir(suite);
    let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = node.stdin.take().unwrap();
    for case in cases {
        let (zone, after) = (case.zone.name(), case.after.timestamp());
        let line = json!({ "cron": case.cron, "zone": zone, "after": after, "count": TIMES });
        writeln!(lines, "{line}").unwrap();
    }
    drop(lines);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn told(case: &Case, theirs: &[i64]) -> String {
    let shown = |times: &[i64]| {
        let local = |time: &i64| {
            DateTime::from_timestamp(*time, 0)
                .unwrap()
                .with_timezone(&case.zone)
                .to_rfc3339()
        };
        times.iter().map(local).collect::<Vec<_>>().join(" ")
    };
    let Case { cron, zone, after } = case;
    format!(
        "{cron} in {zone} after {after}\n  ours   {}\n  theirs {}",
        shown(&ours(case)),
        shown(theirs)
    )
}

fn case(dice: &mut Dice) -> Case {
    let after = FIRST + dice.below(YEARS);
    let zone = match dice.below(2) {
        0 => dice.pick(&CHANGING),
        _ => dice.pick(&TZ_VARIANTS),
    };
    Case {
        cron: expression(dice),
        zone,
        after: DateTime::from_timestamp(i64::try_from(after).unwrap(), 0).unwrap(),
    }
}

fn expression(dice: &mut Dice) -> String {
    let (minute, hour) = match dice.below(2) {
        0 => (dice.below(60).to_string(), dice.below(24).to_string()),
        _ => (field(dice, 0, 59), field(dice, 0, 23)),
    };
    let days = ["*", "*", "*", "1", "15", "31", "L", "1-7", "10,20", "*/5"];
    let months = ["*", "*", "*", "*", "MAR", "10,11", "3-4", "*/3"];
    let weekdays = ["*", "*", "*", "SUN", "MON-FRI", "0", "7", "SUN#2", "SUN#L", "6,0"];
    let (day, month, weekday) = (dice.pick(&days), dice.pick(&months), dice.pick(&weekdays));
    format!("{minute} {hour} {day} {month} {weekday}")
}

fn field(dice: &mut Dice, least: u64, most: u64) -> String {
    let mut number = || least + dice.below(most - least + 1);
    let (one, other) = (number(), number());
    match dice.below(5) {
        0 => "*".to_owned(),
        1 => format!("*/{}", 1 + other % 12),
        2 => format!("{}-{}", one.min(other), one.max(other)),
        3 => format!("{one},{other}"),
        _ => format!("{}-{most}/{}", one, 1 + other % 7),
    }
}

/// SplitMix64: the same cases on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[usize::try_from(self.below(items.len() as u64)).unwrap()]
    }
}
