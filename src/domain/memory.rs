//! What of a session a model still sees when not all of it fits: the head and the opening always,
//! of the exchanges the newest.
//! Knows: how many tokens each part takes. Never: the words, who counts them.

/// Tokens of the parts of a session, and of the room that there is for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// What the model holds at most.
    pub context_tok: usize,
    /// What never goes: the head and the opening.
    pub pinned_tok: usize,
    /// Kept free in every turn, for the note and the reply.
    pub reserve_tok: usize,
    /// The finished exchanges after the opening, oldest first.
    pub exchanges: Vec<ExchangeCost>,
    /// The trainee's newest line.
    pub newest_tok: usize,
}

/// Tokens of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeCost {
    /// The trainee's line.
    pub trainee_tok: usize,
    /// The client's reply.
    pub client_tok: usize,
}

impl ExchangeCost {
    fn total_tok(self) -> usize {
        self.trainee_tok + self.client_tok
    }
}

/// How many of the oldest exchanges the model does not see any more.
///
/// The session is gone through turn by turn. Where one does not fit, whole exchanges go until at
/// least a quarter of the room for history is free, so that the turns that follow begin with the
/// same tokens and only their own are read. What has gone never comes back.
pub fn forgotten(costs: &Costs) -> usize {
    let (mut gone, mut held_tok) = (0, 0);
    for now in 0..=costs.exchanges.len() {
        let newest_tok = costs.exchanges.get(now).map_or(costs.newest_tok, |e| e.trainee_tok);
        let taken_tok = costs.pinned_tok + costs.reserve_tok + newest_tok;
        let room_tok = costs.context_tok.saturating_sub(taken_tok);
        if held_tok > room_tok {
            let keep_tok = room_tok - room_tok.div_ceil(4);
            while held_tok > keep_tok && gone < now {
                held_tok -= costs.exchanges[gone].total_tok();
                gone += 1;
            }
        }
        held_tok += costs.exchanges.get(now).map_or(0, |e| e.total_tok());
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session of exchanges of `sizes` tokens in a room of 100 for history and newest line.
    fn costs(sizes: &[usize], newest_tok: usize) -> Costs {
        let cost = |&size: &usize| ExchangeCost { trainee_tok: size / 2, client_tok: size - size / 2 };
        let exchanges = sizes.iter().map(cost).collect();
        Costs { context_tok: 1000, pinned_tok: 700, reserve_tok: 200, exchanges, newest_tok }
    }

    #[test]
    fn nothing_goes_while_all_of_it_fits() {
        assert_eq!(forgotten(&costs(&[], 100)), 0);
        assert_eq!(forgotten(&costs(&[30, 30, 30], 10)), 0);
        let unbounded = Costs { context_tok: usize::MAX, ..costs(&[30; 1000], 10) };
        assert_eq!(forgotten(&unbounded), 0);
    }

    #[test]
    fn when_full_a_quarter_of_the_room_is_freed_in_whole_exchanges() {
        // 91 held with room for 90: 67 may stay, so the oldest goes.
        assert_eq!(forgotten(&costs(&[30, 30, 31], 10)), 1);
        // 91 held, one of 20 is too little to free a quarter.
        assert_eq!(forgotten(&costs(&[20, 10, 61], 10)), 2);
    }

    #[test]
    fn the_choice_holds_for_some_turns_and_never_turns_back() {
        let mut seen = Vec::new();
        for turns in 0..60 {
            let c = costs(&vec![8; turns], 4);
            let gone = forgotten(&c);
            assert!(8 * (turns - gone) <= 96, "turn {turns} does not fit");
            seen.push(gone);
        }
        assert!(seen.is_sorted(), "{seen:?}");
        let changes = seen.windows(2).filter(|w| w[0] != w[1]).count();
        assert!((1..=16).contains(&changes), "of 60 turns, {changes} read everything again: {seen:?}");
    }

    #[test]
    fn an_undone_turn_is_not_remembered() {
        // The long line of the third turn made the first two exchanges go; without it they stay.
        assert_eq!(forgotten(&costs(&[20, 20], 90)), 2);
        assert_eq!(forgotten(&costs(&[20, 20], 10)), 0);
    }

    #[test]
    fn where_nothing_fits_all_exchanges_go() {
        assert_eq!(forgotten(&costs(&[20, 20], 500)), 2);
        let tiny = Costs { context_tok: 10, ..costs(&[20, 20, 20], 5) };
        assert_eq!(forgotten(&tiny), 3);
    }
}
