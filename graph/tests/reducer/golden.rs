//! Plays the golden cases of `tests/golden`. See the README there.

use std::{fs, path::Path};

use pointsman_graph::run::Run;

use super::script::{self, Case};

#[test]
fn every_golden_case_is_decided_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut played = 0;
    let mut wrong = Vec::new();

    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "txt") {
            for case in script::cases(&fs::read_to_string(file).unwrap()) {
                played += 1;
                wrong.extend(differences(&case));
            }
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(played >= 70, "only {played} golden cases were found");
}

fn differences(case: &Case) -> Vec<String> {
    let mut run = Run::default();
    let mut wrong = Vec::new();
    for (fact, expected) in &case.facts {
        let before = serde_json::to_string(&run).unwrap();
        let decided = match run.apply(&case.track, &script::event(fact, &case.track)) {
            Ok(decisions) => decisions.iter().map(script::decision).collect::<Vec<_>>().join(", "),
            Err(_) if serde_json::to_string(&run).unwrap() == before => "illegal".into(),
            Err(error) => format!("changed by an illegal event: {error}"),
        };
        if decided != *expected {
            wrong.push(format!("{}\n  {fact} => {expected}\n  but: {decided}", case.name));
        }
        run = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
    }
    wrong
}
