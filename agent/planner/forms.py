"""Forms of English that give away what a request wants; each is a pattern over plain text."""

from __future__ import annotations

import re


def any_of(*patterns: str) -> re.Pattern[str]:
    """Joins patterns into one that ignores case."""
    return re.compile("|".join(patterns), re.IGNORECASE)


GREETING = any_of(
    r"^\W*(hi|hello|hey|hiya|howdy|greetings|yo|moin|good (morning|afternoon|evening|day)|"
    r"how are you|how's it going|what's up|sup)\b( there| all| everyone| again| folks| friend)?"
    r"( how are you( doing)?( today)?)?\W*$"
)
THANKS = any_of(
    r"^\W*((ok|okay|great|perfect|super|cool|nice|wow|awesome|excellent|good|alright|many|oh)\W+)*"
    r"(thanks|thank you|thx|ty|cheers|great|nice|cool|perfect|awesome|excellent|super|ok|okay|"
    r"good job|well done|great job|nice work|bye|goodbye|see you|got it|understood|i see|"
    r"that's all|makes sense|good night|lovely|brilliant)\b"
    r"(?!\W*(now|and|then|so(?! much)|but|what|how|do|run|try|with)\b)"
    r"(\W+(a lot|so much|very much|for|that|this|was|is|it|the|your|help|helpful|very|really|you|"
    r"great|all|much|again|useful|work|of|explanation|answer|me|to|know|good|interesting|"
    r"everything|today|now|later|today's|folks|ok|man|mate))*\W*$"
)
IDENTITY = any_of(
    r"\bwho are you\b",
    r"\bwhat are you\b(?! (running|doing))",
    r"\bare you (a |an |some )?(human|ai|bot|robot|person|llm|language model|chatgpt|gpt|claude|"
    r"real|conscious|machine|online|offline|connected)",
    r"\b(what|which) (language )?(model|llm|ai) (are you|do you|is this|am i|powers)",
    r"\bwhat('s| is) your name\b",
    r"\bintroduce yourself\b",
    r"\bwho (made|built|created|wrote|trained) you\b",
    r"\bdo you (have feelings|use (gpt|chatgpt|an? (llm|language model)|the internet))",
)
CANCEL = any_of(
    r"^\W*(please )?(stop|halt|abort|kill|quit|pause) (all |the |this |that |my )*"
    r"(run|runs|running|training|experiment|comparing|pruning|testing|computing)\b",
    r"^\W*(no|nope|nah|never ?mind|cancel( (it|that|this))?|stop( (it|that))?|forget( about)? "
    r"(it|that)|drop it|none( of (them|these|those))?|neither|abort|leave it|no thanks|"
    r"no thank you|don't|not now|skip it|nothing)(\W+(thanks|thank you|please|then))?\W*$",
    r"^\W*(never ?mind|forget( about)?|skip|leave out) (the |my |that )?(file )?data\.jsonl\W*$",
)
RUN_WORD = (
    r"(run|start|launch|execut\w*|comput\w*|train\w*|kick\w* off|perform|grade|score|mark|judge)"
)
HYPOTHETICAL = any_of(
    rf"\b(don't|do not|dont|never|not to|no need to|shouldn't|please no)\s+(\w+ ){{0,2}}?{RUN_WORD}"
    r"\b(?! (?:it |this |that |them )?(?:on|with|for|at|using)\b)",
    r"\bwithout (actually )?(running|starting|launching|executing|computing|training)\b",
    r"\bhow (long|much time|expensive|costly|slow|many (minutes|hours|seconds))\b",
    r"\bwhat (would|does|will|might) (it|this|that|a run|such a run) (cost|take|need|require)\b",
    r"\bwhat would (you|i|we|one|be) (do|need|have|run|required?|call|start|choose|pick|propose|"
    r"necessary)\b",
    r"\bwhat (would|do|will) (you|i|we) need\b",
    r"\bwhich (experiment|parameters?|settings?|tool|arguments?) would (you|it)\b",
    r"\bhow would (you|i|we|one)\b",
    r"\b(what|would|could|suppose|imagine)\b.{0,80}\bif (i|we|you) (asked|wanted|were|did|had)\b",
    r"\b(be|is|too|very|how) (\w+ )?(expensive|costly|slow|time[- ]consuming)\b",
    r"\b(any|some|your|need|give me|for) (advice|recommendations?|suggestions?|tips|opinion)\b",
    r"\bnot sure (whether|if|which|what)\b",
    r"\b(do|would|can|could) you (recommend|suggest|advise)\b",
    r"\bshould (i|we|one) (use|choose|take|pick|prefer|go|set|try)\b",
    r"\b(what|which) (is the )?(command|call|syntax|invocation|option|flag)s?\b",
    r"\b(dry[- ]run|hypothetically|in theory only|just (the |a )?plan|only (the |a )?plan|"
    r"plan only|just planning|estimate the (cost|time|duration|runtime)|"
    r"(cost|time|runtime) estimate|"
    r"no runs?\b(?! yet)|nothing (should be )?(run|started)|before (you|we) (run|start)|"
    r"(but|and) (don't|do not) (run|start|do) (it|anything))",
    r"\b(could|would) (you|it) be (able|possible) (to|in principle)",
    r"\bif (i|we) (asked|were to ask|told|wanted) you\b",
    r"\b(i'm|i am|we are|we're) not asking you to\b",
    r"\bnot (yet|now)\b.*\b(just|only)\b",
    r"\b(good|bad|sensible|reasonable|silly|worthwhile) (idea|choice|plan)\b",
    r"\b(thinking|wondering) (about|of) (\w+ing|whether)\b",
    r"\b(stupid|crazy|insane|silly|wise|smart|sensible|advisable|reasonable)\W*$",
    r"\bnot (right )?now\b|\b(i|we) (might|may)\b",
    r"\b(take|takes|last) (very |too |that |so )?(long|ages|forever|much time)\b",
    r"\b(make|makes) (any |much )?sense to\b|\bworth (it|the|a|\w+ing)\b",
)
# "Is this a good idea? Please run it."
AFTER_ALL = any_of(
    r"[.?!;,]\s*(so |then |now |please |pls |just |go ahead and )*"
    r"(run|start|test|try|do|check|launch) (it|this|that)\b[^?,;]*$"
)
ATTACK = any_of(
    r"\b(ignore|disregard|forget|override|bypass)\b.{0,30}\b(instructions?|rules?|prompts?|"
    r"guidelines|restrictions|above|constraints|checks?)\b",
    r"\b(delete|erase|wipe|destroy|drop|remove|purge|rm)"
    r"(?!\s+(?:\S+\s+){0,2}(?:duplicates?|copies|repeats|repetitions)\b)"
    r"(\s+[\w'-]+){0,3}?\s+(runs?|run store|"
    r"database|history|files?|disk|results|library|tables?|papers?|everything|"
    r"data\.jsonl)\b(?! but)",
    r"\b(system prompt|api[- ]?key|password|secret|credential|environment variables?|jailbreak|"
    r"developer mode|sudo|rm -rf|/etc/)\b",
    r"\b(pretend|act as|you are now|role[- ]?play)\b",
    r"\b(fake|invent|make up|fabricate|forge|manipulate|falsify)\b.{0,40}\b(result|number|data|"
    r"verdict|citation|run|figure|accuracy|reference|value)",
    r"\b(say|write|report|claim|tell (me|them)|answer|conclude|pretend)\b.{0,25}\b(that )?"
    r".{0,30}\b(supported|significant|verified)\b.{0,25}\b(regardless|anyway|no matter|even if|"
    r"without)",
)
OUTSIDE = any_of(
    r"\b(weather|joke|poem|haiku|song|lyrics|recipe|restaurant|hotel|flight|football|soccer|"
    r"stock (price|market)|bitcoin|crypto|email|e-mail|whatsapp|calendar|alarm|movie|horoscope|"
    r"president|birthday|pizza|dinner|lunch|vacation|holiday|lottery tickets? numbers?|taxi|"
    r"cover letter|(an?|my) essay|homework|tweet|linkedin|poker|suitcase)\b",
    r"\b(hack|buy|sell|purchase|steal)\b",
    r"\b(translate|translation)\b",
    r"\b(write|generate|create|give me|draft|code|implement|refactor|debug|fix|edit)\b.{0,30}"
    r"\b(python|script|function|code|class|program|sql|html|java|rust|c\+\+|latex|abstract|essay|"
    r"letter|proof|unit tests?|readme|slides?|blog|article)\b",
    r"\bcapital of\b",
    r"\b(open|move|copy|rename|edit|convert|print|read|unzip|save) (the |my |file )*data\.jsonl\b",
    r"\b(deploy|install|upgrade|download|upload|commit|push to|git)\b",
    r"\b(fine[- ]?tune|(pre)?train|quanti[sz]e) (an? |my |the )?(large |\d+b )*"
    r"(gpt|llama|bert|llm)",
)
LITERATURE = any_of(
    r"\b(paper|papers|authors?|article|literature|publication|card|abstract|study|studies|they)\b"
    r".{0,40}\b(say|says|said|report|reports|claim|claims|find|finds|found|recommend|recommends|"
    r"suggest|suggests|show|shows|conclude|concludes|state|states|mention|mentions|write|writes|"
    r"argue|argues|advise|think|discuss|discusses|propose|proposes|use|used|uses|define|defines)\b",
    r"\bwho\b.{0,20}\b(proposed|introduced|invented|wrote|published|discovered|came up|developed|"
    r"first|coined|showed|is behind|are the authors|designed|found)\b",
    r"\b(when|where|which year|what year) (was|were|is|are|did)\b.{0,60}\b(published|proposed|"
    r"introduced|appear\w*|invented|presented|written|described)\b",
    r"^\W*((ok|so|and|please|could you|can you|can u|would you|hey|well|now|also|but)\W+)*"
    r"(explain|define|describe|summari[sz]e|tell me (more )?about|teach me|remind me (what|how|of)|"
    r"give me (a |an )?(\w+ )?(summary|overview|definition|intuition|explanation|background)|"
    r"what's the (idea|intuition)|background on|info(rmation)? (on|about)|look up|"
    r"search (the|my|our|your|in the) (papers|library|literature|cards)|"
    r"search for (papers?|articles?|literature|references)|find (me )?(papers|literature|"
    r"references|sources|passages)|"
    r"quote)\b",
    r"\b(explain|describe|summari[sz]e) (to me )?(what|how|why|the (\w+ ){0,3}(paper|idea|method|"
    r"algorithm|theory|concept|difference|card))\b",
    r"\b(according to|in|from|per|does|do|did|by|of) (the |this |that |their |your |our )?"
    r"((\w+ )?(data diet|original|grand|el2n|semdedup|synflow|scaling laws?|library) )?"
    r"(papers?|authors?|literature|library)\b",
    r"\bis there (any |some |a |good |published )*(evidence|paper|work|literature|theory|study|"
    r"reference|proof|theorem|research)\b",
    r"\bbeen (reproduced|replicated|shown|proven|observed|reported|confirmed)\b",
    r"\b(any|some|more) (known|published|evidence|papers?|references|literature|studies|"
    r"citations?|research)\b",
    r"\bpapers? (on|about|that|which|by|for)\b|\b[a-z]{3,}(19|20)\d\d[a-z]*\b",
    r"\b(what|anything) (is|'s|do we|does one|do people|do you) (already )?(known?|say)\b",
    r"\b(which|what) (paper|papers|study|reference|article|authors?|theorem)\b",
    r"\b(cite|citation|bibtex|references? (for|on|to|about)|arxiv|doi)\b",
    r"\b(meaning|definition|formula|equation|intuition|idea|assumptions?|limitations?|critique|"
    r"criticisms?|weakness(es)?|drawbacks?|derivation|proof|theory) (of|behind|for|in)\b",
    r"\bwhat (does|do|did) [\w\s@'-]{1,40} (mean|stand for|measure|compute|optimi[sz]e|propose|"
    r"test|contain|cover|"
    r"assume|predict|argue|imply)\b",
    r"\bhow (does|do|is|are|did|was|were|can) [\w\s@'/-]{1,60}? (work|works|worked|computed|"
    r"calculated|defined|derived|decide|decides|choose|chooses|chosen|measured|select|selects|"
    r"selected|detect|detects|score|scores|relate|related|estimated|obtained|trained|handle|"
    r"avoid|explain)\b",
    r"\bdifferences? between\b(?!.{0,20}\b(runs?|results?|them|those|these|the two|both)\b)",
    r"\b(sorscher|paul|ganguli|kirsch|tanaka|tirumala|abbas|dziugaite|et al)\b",
    r"\bwhat('s| is| are| was| were) (a|an|the )?(?!(the )?(accuracy|effect|best|result|optimal|"
    r"optimum|difference|outcome|loss|gain|last|p\b|value|number|run|status|error|stderr|verdict))\w",
    r"\b(know|read|heard) (anything )?(about|of)\b",
    r"\b(has|have|did|does) (any|some)(one|body)\b|\bpeople (found|reported|say|think)\b",
    r"\bwhat [\w@ '-]{1,40} (means?|stands? for|refers? to)\b",
    r"\bbest[- ]known\b|\bhow many [\w -]{1,30} (does|do|did) .{1,40} (have|contain|include)\b",
    r"\bhow (does|do|did) [\w\s@'/-]{1,40} (define|measure|characteri[sz]e)s?\b",
)
WHY = any_of(r"\bwhy\b", r"\bhow come\b", r"\bfor what reason\b", r"\bwhat('s| is) the reason\b")
PERFORMS = any_of(
    r"\bhow (sure|certain|robust|stable|confident|reliable) (is|are|does|do|should|can)\b",
    r"\bhow (well|good|bad|much|far|many|accurate|badly|strongly|does .{1,60} (perform|do\b|fare|"
    r"compare|hold|behave|change|score on|look)|is .{0,30}perform)",
    r"\bwhat (happens|if|would happen|accuracy|difference does|effect does|do i (get|lose)|"
    r"is the (accuracy|effect|result|loss|gain|outcome|difference|best)|'s the (accuracy|effect|"
    r"loss))\b",
    r"\bwhat('s| is) the (test |mean )?(accuracy|effect|loss|gain|outcome)\b",
    r"\b(does|do|is|are|can|could|will|would|should|did) .{0,80}\b(beat|beats|better|worse|"
    r"outperform\w*|win|wins|lose|loses|safely|hurt|hurts|help|helps|work|works|hold|holds|match|"
    r"matches|enough|survive|reach|suffice|suffices|get away|true|matter|matters|same)\b",
    r"\b(does|do|is|are|can|could|may|will|would) (i|we|it|one|you)\b",
    r"\b(is|are) .{1,120}\b(right|correct|equal|equals|equivalent|identical|valid|the same)\b",
    r"\bis it (true|possible|safe|ok|better|worse|enough)\b",
    r"\b(which|what) (score|one|method|data ?set)?.{0,30}\b(better|best|worse|wins?|lose)\b",
    r"\b(whether|if) .{0,80}\b(beat|better|worse|outperform|win|lose|hurt|help|work|hold|true)",
)
ORDERS = any_of(
    r"\b(run|rerun|re-run|try|test|compare|check|evaluate|measure|benchmark|do|train|retrain|"
    r"prune|start|launch|execute|repeat|reproduce|replicate|verify|simulate|investigate|compute|"
    r"experiment|perform|make|show me|find out|see (if|whether|how|what)|keep|drop|remove|use|"
    r"finetune|fine-tune|grade|discover|search|dedup\w*|deduplicate|throw|discard|take|apply|"
    r"estimate|predict|optimi[sz]e|go|determine|study|sweep|vary|plot|assess|solve|mark|judge)\b"
)
OPENING = (
    r"^\W*((ok(ay)?|great|good|thanks|thank you|hm+|alright|right|cool|nice|yes|so|well|please|"
    r"interesting|i see)\W+)*"
)
REPEATS = any_of(
    r"\b(same|again|repeat|rerun|re-run|redo|once more|one more time|another (time|go|run)|"
    r"this time|likewise|as before|like before)\b",
    OPENING + r"(and|now|but|then|what about|how about|what if|also|same|next|back|"
    r"go back|return|revert|make it|make that|"
    r"switch|change|increase|decrease|raise|lower|try (it|that|this|the same)|"
    r"do (it|that|this|the same)|run (it|that|this|the same))\b",
    r"\b(it|that) (on|with|at|for|using|again)\b",
    r"\binstead\W*$",
    r"^\W*(can|could|would) (you|we|u) (also |now |please )*(do|run|try|repeat|use|change|make) "
    r"(it|that|this|the same)\b",
    r"\b(too|as well|also)\W*$",
)
LEANS = any_of(
    OPENING + r"(or|with|on|for|at|only|just|use|using|set|reduce|let's|lets|try|keep|drop|more|"
    r"fewer|without)\b",
    r"\b(it|that|them)\b",
    r"\binstead\b",
)
LIT_HEAD = any_of(
    r"^\W*((ok|so|and|please|could you|can you|can u|would you|hey|hi|well|now|also|but|first)\W+)*"
    r"(explain|define|describe|summari[sz]e|tell me|teach me|remind me|who|quote|cite|look up|"
    r"what (does|do|did) (the|they|this|that|these|\w+ et al|\w+'s)?.{0,40}\b(paper|authors?|"
    r"literature|card|article|library|study|et al|mean|stand for)|"
    r"according to|find (me )?(papers?|literature|references|sources|passages)|"
    r"search (for papers?|the (papers|library|literature))|is there (any |some |"
    r"a )*(evidence|paper|literature|theory|"
    r"proof|theorem|work)|any (evidence|papers?|references)|which papers?|what papers?|"
    r"in (the|which) papers?|what('s| is| are) the best[- ]known)\b"
)
ATTRIBUTED = any_of(
    r"\b(according to|as per|in the (words|view|opinion) of) (?!me\b|my\b|the (score|run|result))",
    r"\b(do|does|did|would) (the |these |those )?(authors?|papers?|literature|\w+ et al)\b",
    r"\bin the (\w+ ){0,2}(papers?|literature)\W*$",
)
TELLS = any_of(
    r"^\W*((yesterday|earlier|last (week|month|year)|recently|today|hi|hey|so|well|"
    r"actually|fyi)\W+)*"
    r"(i|we|my \w+|our \w+|they|he|she|someone|a colleague)( \w+)?('ve| have| has)?( \w+)? "
    r"(ran|run|tried|tested|did|used|compared|pruned|trained|kept|dropped|found|saw|noticed|"
    r"got|done|read|heard|think|thinks|thought|believe|love|like|hate|know|wrote|put|left|kept|"
    r"(?!need)\w{2,}ed)\b"
)
WISHES = any_of(
    r"\?\W*$",
    r"\b(please|can you|could you|can u|would you|want you|i'd like|would like|let's|tell me|"
    r"i want|i need|show me|to settle|see (if|whether)|now (run|try|do|test|compare))\b",
    r"[.;!]\s*(now |so |please |then )*(run|try|test|compare|check|evaluate|prune|keep|drop|use|do|"
    r"repeat|see|find out)\b",
)
ASKS_ABOUT_IT = any_of(r"[,.;]\s*(is|was|does|would|could|can) (that|this|it)\b[^,.;]*\?\W*$")
LIST_EXPERIMENTS = any_of(
    r"^\W*(/?help|/?tools|/?experiments|options|menu|commands|capabilities|"
    r"usage)\W*( me)?( please)?\W*$",
    r"\bwhat (all )?(can|could|do|are) (you|u) (actually |all |really )?(do|offer|run|help|able|"
    r"capable|good at|support|know)\b",
    r"\bwhat (else )?(can|could|should|may) (i|we) (do|ask|run|try|say|use)\b(?!.{0,25}\bto\b)",
    r"\b(list|show|display|which|what|see|name|available|enumerate|tell me|give me)\b.{0,30}\b("
    r"experiments|tools|capabilities|methods|commands|features|functions|data ?sets|datasets|"
    r"scores|parameters|settings|options|abilities)\b(?!.{0,25}\b(did|was|were|last|previous)\b)",
    r"\bhow (do|can|should) (i|we) (use|start|begin|ask|work with|get started|talk)\b",
    r"\bwhat (kinds?|sorts?|types?) of (\w+ )?(things|questions|requests|experiments|"
    r"studies|analyses|"
    r"tasks|stuff)\b",
    r"\bwhat (can|could|may|should) (i|we) (ask|request)\b",
    r"\bhow does this (work|thing work|tool work|program work)\b",
    r"\bwhat('s| is) (possible|available|this( tool| program| thing)?|in (here|your toolbox))\W*$",
    r"\b(your|the) (capabilities|abilities|tools|experiments)\W*$",
    r"\bcan you help( me)?\W*$",
)
