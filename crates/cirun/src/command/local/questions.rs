//! `ManualIntervention`: a person at the terminal says what becomes of a failed step.

use std::time::Duration;

use cirun_engine::{Answer, Event, Question};
use cirun_report::Pause;
use tokio::{
    sync::mpsc,
    task,
    time::{Instant, sleep},
};

use crate::console::{self, Typed};

/// How often it is looked whether the question still stands.
const LOOK: Duration = Duration::from_millis(100);
/// How long the screen may take to show what was told before the question.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);

/// The answers by what a person types: the letter, the action's word, and what it does.
const ANSWERS: [(&str, &str, Answer); 5] = [
    ("r", "Retry", Answer::Retry),
    ("i", "Ignore", Answer::Ignore),
    ("s", "MarkAsSuccess", Answer::MarkAsSuccess),
    ("f", "MarkAsFailure", Answer::MarkAsFailure),
    ("a", "Abort", Answer::Abort),
];

/// Answers questions, one after the other, for as long as the run asks.
pub(super) fn answer(pause: Option<Pause>, told: mpsc::WeakSender<Event>) -> mpsc::Sender<Question> {
    let (sender, mut questions) = mpsc::channel::<Question>(1);
    tokio::spawn(async move {
        while let Some(question) = questions.recv().await {
            let pause = pause.clone();
            until_shown(&told).await;
            // A panic there leaves the question without an answer, and the run goes on.
            drop(task::spawn_blocking(move || with_the_terminal(pause.as_ref(), question)).await);
        }
    });
    sender
}

/// Waits until the sinks have taken what was told before the question.
async fn until_shown(told: &mpsc::WeakSender<Event>) {
    let deadline = Instant::now() + SHOWN_WITHIN;
    while let Some(queue) = told.upgrade().filter(|queue| queue.capacity() < queue.max_capacity()) {
        drop(queue);
        if Instant::now() > deadline {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

fn with_the_terminal(pause: Option<&Pause>, question: Question) {
    if let Some(pause) = pause {
        pause.begin();
    }
    ask(question);
    if let Some(pause) = pause {
        pause.end();
    }
}

fn ask(question: Question) {
    let Question { step, reason, timeout, otherwise, reply } = question;
    let choices: Vec<String> = ANSWERS.iter().map(|(letter, word, _)| format!("{letter} {word}")).collect();
    console::say(&format!("? {step} failed: {reason}"));
    console::say(&format!("  {}", choices.join("   ")));
    console::prompt(&format!("  what now? (within {timeout:?}, then {otherwise}) "));
    loop {
        match console::type_line(LOOK) {
            Ok(Typed::Nothing) if reply.is_closed() => {
                console::say("\n  no answer is waited for any more");
                return;
            }
            Ok(Typed::Nothing) => {}
            Ok(Typed::Line(line)) => match chosen(&line) {
                Some(answer) => {
                    if reply.send(answer).is_err() {
                        console::say("  the answer came too late");
                    }
                    return;
                }
                None => console::prompt(&format!("  `{}` is none of them; what now? ", line.trim())),
            },
            // Without an answer, the strategy's own word counts.
            Ok(Typed::End) | Err(_) => return,
        }
    }
}

fn chosen(line: &str) -> Option<Answer> {
    let typed = line.trim();
    let found =
        ANSWERS.iter().find(|(letter, word, _)| typed.eq_ignore_ascii_case(letter) || typed.eq_ignore_ascii_case(word));
    found.map(|(_, _, answer)| *answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_words() {
        assert_eq!(chosen("r\n"), Some(Answer::Retry));
        assert_eq!(chosen(" markassuccess "), Some(Answer::MarkAsSuccess));
        assert_eq!(chosen("A"), Some(Answer::Abort));
        assert_eq!(chosen(""), None);
        assert_eq!(chosen("ra"), None);
    }
}
