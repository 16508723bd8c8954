//! The reducer against the model: random graphs, random facts, some of them twice or out of order.

use pointsman_graph::run::Run;
use proptest::prelude::*;

use super::{play::Play, shapes};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn the_reducer_agrees_with_the_model(
        seeds in prop_oneof![
            19 => prop::collection::vec(any::<[u8; 6]>(), 1..40),
            1 => prop::collection::vec(any::<[u8; 6]>(), 40..200),
        ],
        script in prop::collection::vec(any::<[u8; 4]>(), 0..120),
    ) {
        let mut shape = shapes::shape(&seeds);
        let (track, lowered) = shapes::track(&mut shape);
        let mut play = Play::start(&shape, &track, seeds[0][5]);

        for draw in script {
            play.advance(draw);
        }
        play.finish();

        play.compare();
        for (join, possible) in lowered {
            prop_assert!(play.most_taken(join) <= possible, "what never fires was counted too low");
        }
        if !play.was_relaid() {
            prop_assert_eq!(&Run::replay(&track, &play.accepted).unwrap(), &play.run);
        }
        if !play.was_forced() {
            let rerun = play.rerun();
            // In another order of the facts a loop that an item stops may have begun further items.
            prop_assert!(rerun.run.outcome().is_none_or(|outcome| Some(outcome) == play.run.outcome()));
            prop_assert!(play.lacks_what_is_open(&rerun.run), "what is kept is not done again");
            let told: Vec<_> = rerun.told.iter().map(|(fact, _)| fact).collect();
            prop_assert_eq!(Run::replay(&track, told).unwrap(), rerun.run);
        }
    }
}

/// `PROPTEST_CASES` raises the count.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(10_000)
}
