//! `pushback personas new`: a new client's file, from answers or from another client.

use std::process::ExitCode;

use clap::Args;

use super::read::{age, gender, kind, line, topic};
use crate::app::author::{self, Answers};
use crate::cli::{INTERRUPTED, TargetArgs, USAGE};
use crate::domain::persona::start::usual;
use crate::domain::persona::{Gender, Kind};
use crate::ui::screen::Screen;
use crate::ui::wizard::{Question, Unanswered, Wizard};

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Begin with this client: a file that extends it.
    #[arg(long, value_name = "ID", conflicts_with_all = ["name", "age", "gender", "kind", "topic", "brought", "who", "love", "opening", "facts"])]
    from: Option<String>,
    /// The new client's id; without it, the first name, or ID-2.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Full name.
    #[arg(long)]
    name: Option<String>,
    /// Years.
    #[arg(long, value_name = "YEARS", value_parser = age)]
    age: Option<u8>,
    /// female, male or other.
    #[arg(long, value_parser = gender)]
    gender: Option<Gender>,
    /// The type of client: where levels, temperament and lengths come from.
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: Option<Kind>,
    /// What the talk is about.
    #[arg(long, value_parser = topic)]
    topic: Option<String>,
    /// What brought them here, in a sentence.
    #[arg(long, value_name = "TEXT")]
    brought: Option<String>,
    /// Who presses them to change, as they say it.
    #[arg(long, value_name = "TEXT")]
    who: Option<String>,
    /// One thing that they love, as they would say it; a little trust brings it out.
    #[arg(long, value_name = "TEXT")]
    love: Option<String>,
    /// The first thing they say.
    #[arg(long, value_name = "TEXT")]
    opening: Option<String>,
    /// Something that only trust brings out, as they would say it; may be repeated.
    #[arg(long = "fact", value_name = "TEXT")]
    facts: Vec<String>,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) fn run(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_process();
    let (library, folder) = (args.target.library()?, args.target.folder()?);
    let file = match &args.from {
        Some(base) => author::extend(&library, &folder, base, args.id.as_deref())?,
        None => match answers(screen, args, &author::topics()?) {
            Ok(answers) => author::new(&library, &folder, &answers)?.1,
            Err(Unanswered::Interrupted) => return Ok(ExitCode::from(INTERRUPTED)),
            Err(Unanswered::Missing(option)) => {
                screen.note(&format!("error: `{option}` is missing"));
                screen.note("\nhint: give it as an option, or run the command in a terminal to be asked");
                return Ok(ExitCode::from(USAGE));
            }
            Err(other) => return Err(other.into()),
        },
    };
    screen.line(&file.display().to_string())?;
    let id = file.file_stem().unwrap_or_default().to_string_lossy();
    super::look_over(screen, &args.target, &id)?;
    Ok(ExitCode::SUCCESS)
}

/// The answers: options first, and what they leave open is asked.
fn answers(screen: Screen, args: &NewArgs, topics: &[String]) -> Result<Answers, Unanswered> {
    let mut form = Form { screen, wizard: None };
    let name =
        form.text(args.name.as_ref(), &question("--name", "Name", "first and last: Sam Porter", None), 60)?;
    let years = question("--age", "Age", "in years, 10 to 99", None);
    let years = form.value(args.age, &years, age)?;
    let pronoun = question("--gender", "Gender", "female, male or other", None);
    let gender = form.value(args.gender, &pronoun, gender)?;
    let types: Vec<String> =
        Kind::ALL.iter().zip(1..).map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
    let types = types.join(", ");
    let kind = form.value(args.kind, &question("--type", "Type", &types, None), kind)?;
    let about = format!("{}, or your own", topics.join(", "));
    let topic = form.value(args.topic.clone(), &question("--topic", "Topic", &about, None), topic)?;
    let came =
        question("--brought", "What brought them here", "The court sent him after a second DUI.", None);
    let brought = form.text(args.brought.as_ref(), &came, 300)?;
    let usually = usual(kind).who;
    let presses =
        question("--who", "Who presses them to change", "as they say it: my PO, my wife", Some(usually));
    let who = form.text(args.who.as_ref(), &presses, 40)?;
    let loves = question(
        "--love",
        "One thing they love",
        "as they say it: my daughter Mia; trust will bring it up",
        None,
    );
    let love = form.text(args.love.as_ref(), &loves, 200)?;
    let says = question("--opening", "The first thing they say", "word for word; add two more later", None);
    let opening = form.text(args.opening.as_ref(), &says, 300)?;
    let facts = form.facts(&args.facts)?;
    let id = args.id.clone().unwrap_or_else(|| author::id_of(&name));
    Ok(Answers { id, name, age: years, gender, kind, topic, brought, who, love, opening, facts })
}

fn question<'a>(option: &'static str, ask: &'a str, hint: &'a str, usual: Option<&'a str>) -> Question<'a> {
    Question { option, ask, hint, usual }
}

/// Options, and a wizard from the first question that they leave open.
struct Form {
    screen: Screen,
    wizard: Option<Wizard>,
}

impl Form {
    fn value<T>(
        &mut self,
        given: Option<T>,
        question: &Question<'_>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Unanswered> {
        if let Some(given) = given {
            return Ok(given);
        }
        let wizard = match self.wizard.take() {
            Some(wizard) => wizard,
            None => Wizard::of_process(self.screen)?,
        };
        self.wizard.insert(wizard).ask(question, read)
    }

    /// A line. One that was given and does not fit is found by the checks of the file.
    fn text(
        &mut self,
        given: Option<&String>,
        question: &Question<'_>,
        most: usize,
    ) -> Result<String, Unanswered> {
        self.value(given.cloned(), question, |text| line(text, most))
    }

    fn facts(&mut self, given: &[String]) -> Result<Vec<String>, Unanswered> {
        if !given.is_empty() {
            return Ok(given.to_vec());
        }
        let mut facts = Vec::new();
        for ask in ["Something that only trust brings out", "And something that takes more trust"] {
            let hint = "as they would say it: I slept through her call.";
            let read = |text: &str| if text.is_empty() { Ok(String::new()) } else { line(text, 250) };
            let fact = self.value(None, &question("--fact", ask, hint, Some("")), read)?;
            facts.extend(Some(fact).filter(|fact| !fact.is_empty()));
        }
        Ok(facts)
    }
}
