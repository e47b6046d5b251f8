//! `ManualIntervention`: a person at the terminal decides about a failed step.

use std::time::Duration;

use cirun_engine::{Answer, Question};
use tokio::{sync::mpsc, task};

use super::interlude::Stage;
use crate::console::{self, Typed};

/// The interval for checks that the question is still open.
const LOOK: Duration = Duration::from_millis(100);

/// The answers: the letter and the word to type, and the action.
const ANSWERS: [(&str, &str, Answer); 5] = [
    ("r", "Retry", Answer::Retry),
    ("i", "Ignore", Answer::Ignore),
    ("s", "MarkAsSuccess", Answer::MarkAsSuccess),
    ("f", "MarkAsFailure", Answer::MarkAsFailure),
    ("a", "Abort", Answer::Abort),
];

/// Asks the person each question that the run sends, one by one.
pub(super) fn answer(stage: Stage) -> mpsc::Sender<Question> {
    let (sender, mut questions) = mpsc::channel::<Question>(1);
    tokio::spawn(async move {
        while let Some(question) = questions.recv().await {
            let interlude = stage.clear().await;
            // If that panics, the question has no answer, and the run continues.
            drop(task::spawn_blocking(move || ask(question)).await);
            drop(interlude);
        }
    });
    sender
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
                console::say("\n  the time for an answer is over");
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
                None => console::prompt(&format!("  `{}` is not one of them; what now? ", line.trim())),
            },
            // Without an answer, the strategy's default action applies.
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
    fn answers_are_letters_or_words() {
        assert_eq!(chosen("r\n"), Some(Answer::Retry));
        assert_eq!(chosen(" markassuccess "), Some(Answer::MarkAsSuccess));
        assert_eq!(chosen("A"), Some(Answer::Abort));
        assert_eq!(chosen(""), None);
        assert_eq!(chosen("ra"), None);
    }
}
