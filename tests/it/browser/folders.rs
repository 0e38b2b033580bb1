//! Prompts folders of tests' own.

use std::fs;
use std::path::Path;

/// Would run if it were ever read as markup. No longer than a name may be.
pub const SCRIPT: &str = "<script>ran.push(1)</script>";
/// The same without a script element.
pub const IMAGE: &str = "<img src=x onerror=ran.push(2)>";

/// Everything that the pocket client may do, in the words of the line banks.
const TAGS: &str = "deny downplay blame argue attack test deflect minimal yesbut hesitate doubt inform soften \
                    ember acknowledge accept change commit";

/// All that Ray has to say: long enough to be interrupted, whatever the seed.
pub fn talkative(prompts: &Path) {
    only(
        prompts,
        &[
            "I drove here straight from the yard with the radio off and nobody has asked me a thing all day.",
            "My old truck sat in the lot the whole winter long and it still starts better than I do now.",
            "There is a man at the counter who knows my order and that is about all the talk I want.",
            "You sit there with the sheet and the pen and I sit here with the clock and we wait.",
        ],
    );
}

/// A client called `eve` whose name, blurb, first words and every reply hold a script.
pub fn hostile(prompts: &Path) {
    let name = format!("Eve {SCRIPT}");
    let persona = format!(
        "+++\nextends = \"ray\"\nid = \"eve\"\nname = {}\nblurb = {}\naim = {}\nopenings = [{}]\n\
         [people]\nwho = {}\nkid = {}\n+++\n\n## Who\nYou are Eve. {SCRIPT}\n\n## Voice\nShort.\n\n\
         ## Examples\nT: Hello.\nC: {IMAGE}\n",
        quoted(&name),
        quoted(&format!("Says {IMAGE} and worse.")),
        quoted(&format!("Nothing runs. {IMAGE}")),
        quoted(&format!("So. {SCRIPT} {IMAGE} </textarea></title>")),
        quoted(SCRIPT),
        quoted(IMAGE),
    );
    write(&prompts.join("personas/eve.md"), &persona);
    only(prompts, &["Ask <who> about <kid>.", "Tell <who> and <kid> that, not me."]);
}

/// Leaves a mandated client who drinks nothing but `lines` to say.
fn only(prompts: &Path, lines: &[&str]) {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/lines");
    silence(&built_in, &prompts.join("lines"));
    let lines = lines.join(" | ");
    let tags: Vec<String> = TAGS.split_whitespace().map(|tag| format!("{tag}: {lines}\n")).collect();
    write(&prompts.join("lines/types/mandated.txt"), &format!("@type mandated\n{}", tags.concat()));
    write(&prompts.join("lines/topics/drinking.txt"), "@topic drinking\nTHING drinking\n");
}

/// Lays an empty file over each bank of replies, so that only the test's own are left.
fn silence(from: &Path, to: &Path) {
    const KEPT: [&str; 4] = ["risk", "exit", "trainee", "words"];
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            silence(&path, &to.join(name));
        } else if name.ends_with(".txt") && !KEPT.iter().any(|kept| name.starts_with(kept)) {
            write(&to.join(name), "# Nothing.\n");
        }
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
