"""Forms of English that speak of runs which exist: to explain, to compare, to list."""

from __future__ import annotations

from agent.planner.forms import any_of

EXPLAINS = any_of(
    r"\b(show|open|display|see|give|get|print|plot|view|describe|summari[sz]e|explain|interpret|"
    r"status|details?|tell|about|what|where|which|how|why|was|were|did|is)\b"
)
ABOUT_PAST = any_of(
    r"\b(it|that|this|random|el2n|grand|claim|claims|result|results|verdict|outcome|pruning|run)\b"
    r".{0,40}\b(lose|lost|win|won|fail|failed|refuted|supported|inconclusive|beat|beaten|worse|"
    r"better|surprising|bad|good|low|high|significant|happened?|mean|work|worked|slow|long)\b",
    r"\b(what|how) (was|were|did) (the|its|that|it|we|you|i)\b",
    r"\bwhat (does|do) (this|that|it|the (result|verdict|numbers?|outcome))s? (mean|tell|say|show|"
    r"imply)\b",
    r"\bwhy (is|was|did|does|were|are|has|so|not|that|inconclusive|refuted)\b",
    r"^\W*(so\W+)?(why|how so|how come|really|and why|but why)( not| so| that| is that)?\W*$",
    r"\b(was|is|were) (the|that|this|it) (difference |result |gap |effect |claim )?(significant|"
    r"real|supported|refuted|reliable|robust)\b",
    r"\bhow (sure|confident|certain|reliable|significant|big|large)\b",
    r"\b(show|where|open|give|see)\b.{0,25}\b(figure|plot|figures|plots|table|chart|graph|curve|"
    r"results?|numbers|metrics|verdicts?|details)\b",
    r"\bwhat (were|was|are|is) the (p|p-value|accuracy|accuracies|numbers?|metrics?|verdicts?|"
    r"results?|score|standard error|stderr|interval|confidence interval|error bars?|seed|"
    r"parameters?|settings|outcome|difference|run id|id|claim)\b",
    r"\bdid (it|that|el2n|grand|random|pruning|this|we|the claim)\b",
    r"\bwhich (parameters|seed|settings|values|data ?set|score) (did|were|was|have|had)\b",
    r"\b(explain|interpret|summari[sz]e|discuss) (the |this |that |these |those |your |its )?"
    r"(results?|outcome|verdicts?|findings?|numbers?|run|it|that)\b",
    r"\bwho won\b",
    r"\b(what|which) (\w+ ){1,3}(did|was|were|have|had) (you|it|we|i|they|used)\b",
)
PAST = any_of(
    r"\b(did|didn't|was|wasn't|were|lost|won|why|refuted|supported|inconclusive|failed|had|"
    r"significant|figures?|plots?|numbers|explain|show|happened|came out|just|you (ran|got|found)|"
    r"mean|verdict|confident|sure|certain|interpret|summari[sz]e)\b"
)
COMPARES = any_of(
    r"\b(compare|comparison|contrast|diff|differ|differs|differences?|versus|vs|better|best|"
    r"worse|higher|lower|side by side|won|winner|more accurate|changed)\b"
)
BETWEEN = any_of(
    r"\b(which|what) (one |run |result |experiment |of (the )?(two|them|these|those|both)( runs)? )"
    r"(is|was|were|did|had|has|won|wins|loses|gave|performed|came|does|do)\b",
    r"\b(compare|contrast|diff) (them|these|those|both|the (two|three|runs|"
    r"results))\b(?! (on|with))",
    r"\b(difference|differences|change|changed|differ) (between|from) (them|these|those|the (two|"
    r"runs|results|last|previous|first)|both|run)",
    r"\bhow (do|did) (they|the (two|runs|results)|these|those|both) (compare|differ)",
    r"\b(better|worse) than (before|the (last|previous|first|one before|other)( one| run| result)?|"
    r"last time)\b",
    r"\b(compare (this|it|that)|(this|it|that) compares?) (to|with|against) (the )?(previous|last|"
    r"one before|first|run|earlier)",
    r"\bwhat changed\b",
)
LIST_RUNS = any_of(
    r"\b(list|show|display|see|give|what|which|all|print|get|overview)\b.{0,25}\b(my |our |the |"
    r"all |recent |past |previous |recorded |last \w+ |so far |old )*\bruns\b(?!.{0,30}\bcompare)",
    r"^\W*(/?runs|history|run history|my runs|past runs)\W*( please)?\W*$",
    r"\bhow many (runs|experiments|times)\b.{0,30}\b(done|run|so far|have|did|made|"
    r"completed|are)\b",
    r"\bwhat (have|did) (we|i|you) (run|tried|tested|done|do|try|test|compute)\b",
    r"\b(history|list|overview|log|record) of\b.{0,15}\b(runs|experiments|results)\b",
    r"\b(past|previous|earlier|all|recent) (runs|results|experiments)\b",
)
