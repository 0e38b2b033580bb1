//! What people say of themselves when they are in danger.
//! Knows: words as `crisis` writes them: lower case, no apostrophes. Never: who says them, or why.

use std::sync::LazyLock;

use regex::Regex;

use super::Concern;

/// When a phrase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// As a statement.
    Present,
    /// In the past tense, unless it is long ago.
    Past,
    /// In the past tense, with a word for just now.
    Recent,
    /// As a question, too.
    Asked,
}

/// One way to say it.
pub(super) struct Phrase {
    pub(super) concern: Concern,
    pub(super) sense: Sense,
    said: Regex,
    idiom: Option<Regex>,
}

impl Phrase {
    /// Where it is said, as byte ranges.
    pub(super) fn find<'a>(&'a self, words: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.said.find_iter(words).map(|found| (found.start(), found.end()))
    }

    /// Whether what comes after it makes it a figure of speech.
    pub(super) fn is_idiom(&self, after: &str) -> bool {
        self.idiom.as_ref().is_some_and(|idiom| idiom.is_match(after))
    }
}

/// A pattern of our own.
pub(super) fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a pattern of our own, compiled in every test run")
}

/// What patterns are put together from.
const PARTS: [(&str, &str); 11] = [
    ("<dead>", "(?:<kill>|die|be dead|not be alive)"),
    (
        "<kill>",
        "(?:(?:kill|hang|shoot|drown|poison|unalive|end|off) myself|kms|commit suicide|end my (?:own )?life|end it all|take my (?:own )?life|slit my wrists|take an overdose|overdose|jump off (?:a|the) (?:bridge|roof|building)|jump in front of (?:a|the) (?:train|bus|car))",
    ),
    (
        "<killing>",
        "(?:(?:killing|hanging|shooting|drowning|ending|hurting|harming|cutting|unaliving) myself|suicide|committing suicide|ending my (?:own )?life|ending it all|taking my (?:own )?life|dying|being dead)",
    ),
    ("<harm>", "(?:hurt|harm|cut) myself"),
    (
        "<intend>",
        "(?:i <adv>(?:want|keep wanting|need|plan|intend|am <adv>(?:going|planning|about|ready|trying))|im <adv>(?:going|planning|about|ready|trying)|ive <adv>(?:decided|planned)|i have <adv>(?:decided|planned)|i <adv>(?:decided|might|will|may just)|ill)(?: to)? <adv>",
    ),
    (
        "<close>",
        "my (?:partner|husband|wife|boyfriend|girlfriend|fiance|fiancee|spouse|bf|gf|hubby|other half|fella|missus)",
    ),
    (
        "<kin>",
        "my (?:dad|father|mum|mom|mother|stepdad|stepfather|stepmum|stepmom|stepmother|brother|sister|son|daughter|uncle|ex|parents|flatmate|roommate|carer)",
    ),
    (
        "<hits>",
        "(?:hits|beats|punches|kicks|slaps|chokes|strangles|burns|rapes|abuses|molests|hurts|assaults|attacks|threatens)",
    ),
    (
        "<hitting>",
        "(?:hitting|beating|punching|kicking|slapping|choking|strangling|burning|raping|abusing|molesting|hurting|assaulting|attacking|threatening)",
    ),
    ("<hit>", "(?:hit|beat|punched|kicked|slapped|choked|strangled|raped|assaulted|attacked|molested)"),
    (
        "<adv>",
        "(?:(?:really|just|so|honestly|seriously|actually|kind of|sort of|still|sometimes|often|always|only|literally|genuinely|truly|now|also|even|badly|fucking|do|regularly|physically|basically|constantly|very) )*",
    ),
];

/// What follows a figure of speech: of shame, laughing, over a report …
const DIE_OF: &str = r"^(?:of|from|laughing|inside|on the inside|happy|old|in peace|in my sleep|with dignity|for|a little|at the thought|on (?:that|this|the) hill|certain|sure|right|wrong|than|someday|one day|when i|my hair|out|right there)\b";
const KILL_WITH: &str = r"^(?:trying|over|laughing|with (?:work|this|that|the|all)|for (?:this|that|it|a|\w+ing)|in the foot|to get|to finish|to make|doing|at work|every time)\b";
const CUT_OFF: &str = r"^(?:some|off|loose|free|a|an|short|out|shaving|cooking|by|with (?:work|this|all)|in the kitchen|doing|trying|if|slightly)\b";
const LIVE_WITH: &str = r"^(?:in|with (?:my|him|her|them|a|an|people|someone|you)|at|near|on|next|under|by|off|together|out|there|abroad|up|that way|here)\b";
const LIVING_IN: &str = r"^(?:in|with|at|near|on|off|out|under|there|here|abroad|together|apart)\b";
const WAKE_FOR: &str = r"^(?:early|late|at|to|next|with|in|and|before|on|for|so|him|her|my|the)\b";
const SUBJECT: &str = r"^(?:prevention|risk|risks|assessment|screening|training|questions|rates|research|policy|hotline|protocol|cases|as a topic|in general|among|and how to ask)\b";
const BEATEN: &str = r"^(?:at (?:chess|cards|tennis|golf|pool|everything|it|games?|scrabble|poker|monopoly|checkers|darts|trivia|my own)|to (?:it|the|work)|up for|up on|out|off|on the (?:back|shoulder)|in (?:chess|tennis|golf|the race|a race|her sleep|his sleep)|by a|(?:when|every time|whenever) we play|with (?:a |an |the |another |more |some |his |her )?(?:questions?|emails?|bills?|ideas?|news|requests?|work|facts?|jokes?|lines?|smile|favou?rs?)|hard that|that)\b";

/// Pattern, what after it makes it a figure of speech, when it counts.
const SUICIDE: &[(&str, &str, Sense)] = &[
    ("<intend><kill>", KILL_WITH, Sense::Present),
    ("<intend><harm>", CUT_OFF, Sense::Present),
    (
        "(?:i <adv>(?:want|keep wanting|long|plan|intend|wish)|im <adv>(?:ready|planning)|i am <adv>(?:ready|planning)) to <adv><dead>",
        DIE_OF,
        Sense::Present,
    ),
    (
        "i <adv>(?:dont|do not|no longer) <adv>(?:want|wish|care) to <adv>(?:live|be alive|exist|keep living|go on living|carry on living|be in this world|be here any (?:more|longer))",
        LIVE_WITH,
        Sense::Present,
    ),
    ("i <adv>(?:dont|do not) <adv>want to <adv>wake up", WAKE_FOR, Sense::Present),
    (
        "(?:i <adv>(?:feel|am) <adv>|im <adv>(?:feeling <adv>)?|(?:ive|i have) <adv>been <adv>(?:feeling <adv>)?)suicidal",
        "",
        Sense::Present,
    ),
    (
        "(?:i <adv>(?:think|keep thinking|cant stop thinking|have <adv>been thinking|have <adv>thought|am thinking|dream|fantasi[sz]e)|im <adv>thinking|ive <adv>been <adv>thinking|ive <adv>thought) <adv>(?:about|of) <adv><killing>",
        "<subject>",
        Sense::Present,
    ),
    (
        "(?:i <adv>(?:have|am having|get|keep having)|im <adv>having|ive <adv>(?:got|had|been having)) <adv>(?:a lot of )?(?:suicidal (?:thoughts|feelings|ideas|urges)|thoughts (?:about|of) <killing>|(?:a |my )?plan to <dead>)",
        "<subject>",
        Sense::Present,
    ),
    (
        "i <adv>(?:wish|hope) (?:that )?(?:id never wake up|i (?:(?:was|were|could be|could just be) <adv>dead|(?:could|would|can) <adv>die|(?:had |was |were |hadnt |wasnt )?(?:never )?(?:been )?born|(?:was|were) not alive|(?:wasnt|werent) alive|dont wake up|die|never wake up))",
        DIE_OF,
        Sense::Present,
    ),
    ("(?:id|i would) <adv>(?:rather|sooner) (?:be dead|die)", DIE_OF, Sense::Present),
    (
        "(?:id|i would|i am|im|everyone|everybody|the world|my (?:family|kids|children|wife|husband|partner|parents|mum|mom|friends|son|daughter)) (?:would |will |is |are |d )?(?:all )?(?:be )?<adv>better off (?:dead|without me|if i (?:was|were|wasnt|werent) (?:dead|gone|here|around|alive))",
        "",
        Sense::Present,
    ),
    (
        "i (?:have|see|dont have|dont see|do not have|do not see) (?:no |any |a )?(?:reason|point|will)s? (?:to|in|for) <adv>(?:live|living|being alive|going on living|stay alive)",
        LIVE_WITH,
        Sense::Present,
    ),
    (
        "(?:there is|theres|i <adv>(?:see|dont see|cant see|do not see)) (?:no|the|any) point (?:in|of|to) <adv>(?:living|being alive|staying alive)",
        LIVE_WITH,
        Sense::Present,
    ),
    (
        "(?:(?:nobody|no one|noone) would (?:miss me|care|notice)|(?:its|it is|itd be|it would be|things would be) <adv>better) if i (?:died|was dead|were dead|killed myself|was gone)",
        "",
        Sense::Present,
    ),
    ("(?:i|im) <adv>(?:feel|feeling) <adv>like <adv><killing>", "<subject>", Sense::Present),
    ("(?:i have|ive got|ive|there is|theres) nothing <adv>(?:left )?to live for", "", Sense::Present),
    ("i <adv>(?:cant|can not) (?:go on|carry on|keep) living(?: like this)?", LIVING_IN, Sense::Present),
    (
        "(?:im|i am) <adv>(?:thinking|planning) (?:of|about|on)? ?<adv>ending (?:it|things) ?(?:all|tonight|today|now)?$",
        "",
        Sense::Present,
    ),
    ("<intend>jump$", "", Sense::Present),
    ("i <adv>(?:bought|have|got) a rope (?:for it|ready|to <dead>)", "", Sense::Past),
    (
        "(?:i <adv>have|ive <adv>got) a (?:gun|rope|knife)[\\w ]{0,40}(?:and|because|so) (?:i |im |ive )<adv>(?:thinking|thought|want)",
        "",
        Sense::Present,
    ),
    (
        "(?:ive|i have) <adv>been having (?:dark|bad) thoughts and (?:i (?:have|own|got)|ive got) (?:a |my |the |some |\\w+s )?(?:\\w+ )?(?:gun|rifle|pistol|rope|knife|blade|razor|pills|tablets|plan|means)",
        "",
        Sense::Present,
    ),
    (
        "(?:im|i am) <adv>(?:tired|sick|done) (?:of|with) <adv>(?:living|being alive|existing|life$)",
        LIVE_WITH,
        Sense::Present,
    ),
    ("i <adv>(?:tried|attempted) to <adv><kill>", KILL_WITH, Sense::Past),
    (
        "(?:i|ive|i have) <adv>(?:taken|took|swallowed) (?:an overdose|all (?:of )?(?:my|the) (?:\\w+ )?(?:pills|tablets|meds)|a (?:whole |full )?(?:bottle|box|pack|packet) of (?:\\w+ )?(?:pills|tablets|meds|paracetamol|tylenol|aspirin|ibuprofen|codeine|antidepressants)|(?:a (?:bunch|load|lot|handful)|lots|loads) of (?:\\w+ )?(?:pills|tablets)|too many (?:\\w+ )?(?:pills|tablets))",
        "",
        Sense::Past,
    ),
    (
        "(?:i <adv>keep|im|i am|ive <adv>been|i have <adv>been) <adv>(?:(?:cutting|harming|hurting) myself|self ?harming)",
        CUT_OFF,
        Sense::Present,
    ),
    ("i <adv>(?:cut|harmed|burned) myself", CUT_OFF, Sense::Recent),
    ("(?:i|ive|i have) <adv>overdosed", "^(?:on (?:coffee|chocolate|sugar|cake))\\b", Sense::Past),
    ("i <adv>(?:self ?harm|(?:cut|hurt|burn) myself on purpose)", "", Sense::Present),
    (
        "(?:how (?:do|can|could|should|would) i|(?:best|easiest|quickest|painless|good) way to|should i) <adv><kill>",
        KILL_WITH,
        Sense::Asked,
    ),
    ("why (?:do i <adv>want to die|am i still alive)", DIE_OF, Sense::Asked),
];

/// As [`SUICIDE`].
const ABUSE: &[(&str, &str, Sense)] = &[
    ("(?:<close>|<kin>|he|she) <adv><hits> me", BEATEN, Sense::Present),
    ("my (?:step\\w+|father|dad|uncle|brother) <adv>(?:touches|is touching) me", "", Sense::Present),
    (
        "(?:someone|somebody) (?:at home |in my family )?(?:<hits>|is <adv><hitting>|keeps <hitting>) me(?: at home| here)?",
        BEATEN,
        Sense::Present,
    ),
    (
        "(?:im|i am|i|ive been) <adv>(?:get|getting|being|am)? ?<adv>(?:abused|beaten|hit|raped|strangled|choked) (?:up )?by (?:<close>|<kin>|him|her)",
        BEATEN,
        Sense::Present,
    ),
    (
        "(?:(?:<close>|<kin>)s?|he|hes|she|shes) (?:is |are |keeps |keep |wont stop |has |have |been |started |starts )+<adv><hitting> me",
        BEATEN,
        Sense::Present,
    ),
    ("<close> <adv><hit> me", BEATEN, Sense::Past),
    ("(?:<close>|<kin>|he|she) <adv>(?:<hit>|hurt|threatened) me", BEATEN, Sense::Recent),
    (
        "(?:im|i am|i keep|ive been|i have been) <adv>(?:being|getting) <adv>(?:abused|beaten|hit|raped|molested)",
        BEATEN,
        Sense::Present,
    ),
    (
        "(?:ive|i have) <adv>been <adv>(?:abused|raped|beaten up|sexually assaulted|assaulted|strangled)",
        BEATEN,
        Sense::Past,
    ),
    (
        "i was <adv>(?:raped|assaulted|beaten up|beaten|attacked|strangled|choked|sexually assaulted)",
        BEATEN,
        Sense::Recent,
    ),
    ("(?:im|i am) <adv>in an <adv>abusive (?:relationship|marriage|home)", "", Sense::Present),
    ("(?:<close>|my (?:relationship|marriage)) is <adv>(?:violent|abusive)", "", Sense::Present),
    (
        "(?:im|i am) <adv>(?:scared|afraid|terrified|frightened) (?:of <close>|to go home|of going home|for my life)",
        "",
        Sense::Present,
    ),
    (
        "(?:im|i am) <adv>(?:scared|afraid|terrified|frightened) (?:that )?(?:he|she|hell|shell|hes|shes|<close>) ?(?:will |is going to |going to |might |would )?(?:kill|hurt|hit|beat) me",
        "^if\\b",
        Sense::Present,
    ),
    (
        "i <adv>(?:dont|do not) <adv>feel safe (?:at home|in my own (?:home|house)|with (?:him|her|<close>))",
        "",
        Sense::Present,
    ),
    (
        "(?:im|i am) <adv>not <adv>safe (?:at home|in my own (?:home|house)|with (?:him|her|<close>))",
        "",
        Sense::Present,
    ),
    (
        "(?:<close>|he|she) <adv>(?:says|said|threatens|threatened|keeps saying|keeps threatening) (?:that )?(?:to|hell|shell|he will|she will|hes going to|shes going to) (?:kill|hurt|beat|hit) me",
        "^if\\b",
        Sense::Present,
    ),
];

/// All of them.
pub(super) static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let of =
        |concern, rows: &'static [(&str, &str, Sense)]| rows.iter().map(move |row| compiled(concern, *row));
    of(Concern::Suicide, SUICIDE).chain(of(Concern::Abuse, ABUSE)).collect()
});

fn compiled(concern: Concern, (said, idiom, sense): (&str, &str, Sense)) -> Phrase {
    let mut said = format!(r"\b(?:{said})(?:\b|$)");
    for (name, part) in PARTS {
        said = said.replace(name, part);
    }
    let idiom = match idiom {
        "" => None,
        // What one can think about is also what one can die of.
        "<subject>" => {
            Some(pattern(&format!(r"{SUBJECT}|^(?:of|from|laughing|my hair|on (?:that|this) hill)\b")))
        }
        idiom => Some(pattern(idiom)),
    };
    Phrase { concern, sense, said: pattern(&said), idiom }
}
