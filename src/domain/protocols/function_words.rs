//! Words that say how somebody talks and not what about.
//! Knows: English. Never: what is made of it.

/// Function words, fillers and the like, in lower case.
pub(super) const FUNCTION_WORDS: &str = "\
a about actually after again all almost already also always am an and another any anybody anymore \
anyone anything anyway are aren't around as ask at away back be because been before being both but by \
came can can't come could couldn't did didn't do does doesn't doing don't done down each either else \
enough even ever every everybody everyone everything fine for from get gets getting go goes going gone \
good got guess had has hasn't have haven't having he he's her here here's hey him his how huh i i'd i'll \
i'm i've if in into is isn't it it's its just keep kind know last least left less let let's like little \
look lot made make many maybe me mean might mine more most much must my myself never next no nobody none \
nor not nothing now of off oh ok okay on once one only or other others our out over own people probably \
put quite rather really right said same say says see seem she she's should so some somebody someone \
something sometimes somewhere sort still such suppose sure take tell than thank that that's the their \
them then there there's these they they're thing things think this those though through to too true \
try two under until up us used very wait want wants was wasn't we we're we've well went were weren't \
what what's whatever when where which while who why will with without won't would wouldn't yeah yes yet \
you you'd you'll you're you've your yourself";
