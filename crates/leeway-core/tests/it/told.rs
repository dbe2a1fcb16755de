//! What is told of an undo by its entries, of what changed along, and of a message in one line.

use crate::cases::{finished, id, judged, meta};
use crate::undo_life::undo_id;
use crate::undo_proof::undoes;
use leeway_core::action::audit;
use leeway_core::action::event::{ActionEvent, Cause, Finished, Outcome};
use leeway_core::action::state::{ActionState, Step};
use leeway_core::action::title::gist;
use leeway_core::judge::Verdict;
use leeway_core::message::Message;
use leeway_core::undo::Way;
use serde_json::json;

#[test]
fn an_undo_says_what_it_takes_back_and_who_asked() {
    let cause = Cause::Undoes(Box::new(undoes(Way::Fields)));
    let first = judged(Verdict::Hold, 1, cause);
    let step = Step {
        meta: meta(1),
        event: ActionEvent::Judged(Box::new(first)),
    };
    let state = ActionState::fold(&id(), vec![step]).unwrap();
    assert_eq!(state.row.undoes, Some(undo_id()));
    let undoes = state.undoes().expect("it is an undo");
    assert_eq!(
        (&undoes.action, undoes.by.as_str(), undoes.way),
        (&undo_id(), "ann@b.c", Way::Fields)
    );
    let record = audit::of(&state);
    assert_eq!(
        record.trigger,
        json!(format!("ann@b.c asked to take back {}", undo_id()))
    );
}

#[test]
fn how_many_fields_more_changed_along_is_written_where_any_did() {
    for more in [0, 7] {
        let end = Finished {
            along_more: more,
            ..Finished::bare(Outcome::Executed, "done".into())
        };
        let written = serde_json::to_value(&end).unwrap();
        assert_eq!(written.get("along_more").is_some(), more > 0);
        let read: Finished = serde_json::from_value(written).unwrap();
        assert_eq!(read.along_more, more);
    }
    let ActionEvent::Finished(bare) = finished(Outcome::Executed) else {
        panic!("an end");
    };
    assert_eq!(bare.along_more, 0);
}

#[test]
fn a_message_is_told_by_whom_it_reaches_and_what_it_is_about() {
    let of = |message: Message| {
        let mut judged = judged(Verdict::Hold, 1, Cause::Proposed);
        judged.classified.message = Some(message);
        gist(&judged)
    };
    let whole = Message {
        to: vec!["kim@a.example".into()],
        subject: Some("Your order".into()),
        ..Message::default()
    };
    assert_eq!(of(whole), "kim@a.example: Your order");
    // Where nothing of it is known the reason says more.
    assert_eq!(of(Message::default()), "A test.");
}
