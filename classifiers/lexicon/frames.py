"""The words that take the present out of what is told: denial, condition, quotation, dates long past, being over.

Only vocabulary; how far each reaches is decided in `classifiers.negation`. All are read in folded text.
"""

import re

_YEARS = r"(?:[0-9]{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|a few|few|several|many|some|couple of)"


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")


NEGATOR = _any(
    "no|not|without|never|nor|neither|zero|isnt|arent|wasnt|werent|hasnt|havent|hadnt|didnt|doesnt|dont|aint",
    "denies|denied|free of|clear of|instead of|rather than",
)
SCOPE_ENDS = _any(
    r"but|because|cos|coz|cause|so|then|now|until|till|just|only|except|apart|besides|since|when|while|which|that|who",
    r"told|tell|tells|says|said|say|think|know|known|idea|one|sure|wonder|joke|doubt|clue|point|surprise|stop\w*",
    r"shift\w*|settl\w*|i|im|my|he|she|his|her|hes|shes|their|and|however|though|although|yet|longer|worry\w*|bother\w*",
    r"if|want\w*|care|matter|wait|help\w*|sleep\w*|slept|tonight|today|again|still|kidding|lie|lying|gonna|going",
)
"""Words that a denial does not reach across: "I haven't slept because ..."."""

ANSWERED_NO = re.compile(r" ?[:?=-] ?(?:no|nope|none|nil|never|negative)(?= ?(?:[.,!;\n)-]|$))")
RULED_OUT = re.compile(r" (?:has been |was |were |is |are |got |been )?(?:ruled out|excluded)\b")

_REAL_QUESTION = "".join(f"(?<!{word} )" for word in ("wondering", "wonder", "know", "idk", "sure", "see", "ask", "as"))
_GETTING = r"i (?:get|got|had|start|started|develop|notice|were|was to)(?! (?:up|out|off|into|in|to|going|moving))"
HYPOTHESIS = _any(
    r"in case|suppose|supposing|hypothetically|what if|what happens if|imagine|risk of|chances? of|odds of",
    r"(?:watch|look) (?:out )?for|looking out for|on the lookout for|keep an eye out for",
    r"(?:scared|afraid|terrified|frightened) of|(?:worried|anxious|fret\w*) about (?:getting|ever|having|ending)",
    r"dream(?:t|ed|ing)?|nightmares?|pretend\w*|role ?play",
    r"should (?:you|i|we|anyone|u) (?:ever|get|have|notice|see|start|develop|find)",
    r"(?:ring|call|phone|dial|go|999|911|112|000|a&e|help|er|ed|urgent|emergency) if",
    rf"{_REAL_QUESTION}if (?:you|u|i have|there ?s ever|there is ever|anyone|someone|somebody|one|ever|i ever|we ever)",
    rf"{_REAL_QUESTION}if {_GETTING}",
)
ATTRIBUTION = _any(
    "leaflet|booklet|brochure|handout|pamphlet|poster|website|web ?page|nhs page|article|paper|abstract|study|studies",
    "trials?|guidelines?|checklist|warning signs?|red flags?|signs (?:are|include)|symptoms include|alert card",
    "small print|label|boxed warning|medication guide|side effects? (?:list|include|are|such|like)|listed|pinned post",
    r"reminder|psa|not a helpline|slideshow|newsletter|expect (?:a|to)|translate\w*|lyrics?|song|novel|fiction",
    "fictional|film|movie|book|story|character|documentary|netflix|episode|tv|soap|podcast|quiz|lecture|webinar",
    "talk (?:on|about)|module|exam|essay|revising",
)
FRAME_ENDS = _any(
    "but|however|although|though|and (?:i|im|my|now|hes|shes|he|she)|i ve|ive|im|i am|i m|now|today|tonight",
    "this (?:morning|afternoon|evening)|last night|yesterday|well i",
)
"""Words after which the writer speaks of the present again."""

LONG_AGO = _any(
    "was (?:19|20)[0-9]{2}|in (?:the )?(?:19[0-9]{2}|20[0-2][0-9]|[6-9]0s)|back in|this time in",
    rf"{_YEARS} (?:years?|yrs?|decades?) (?:ago|back|since|today|on from|this week)|today \w+ years",
    "years ago|yrs ago|years back|decades ago|ages ago|once upon a time|last year|the year before last",
    r"when i was (?:an? )?(?:kid|child|teen\w*|student|little|young\w*|at (?:school|uni)|[0-9]{1,2}|in my)",
    r"as a (?:kid|child|teen\w*)|used to|before (?:i had )?ms|before diagnosis",
)
YEAR_FIRST = re.compile(r" ?(?:in |back in )?(?:19|20)[0-9]{2}[,:]")
THERAPY_DATE = re.compile(
    r"\b(?:lem\w*|alem\w*|campath|hsct|ahsct|transplant|stem cells?|clad\w*|mavenclad|ocrevus|round|course|infusion|"
    r"dose|treatment|diagnosed|dx|dxd|diagnosis|tysabri|chemo|ms since|started|finished|stopped|moved|born)\b"
    r"[^.!?;\n,]{0,25}$"
)
"""What the date that follows belongs to, instead of to the sign: "lem in 2021"."""
PAST_TENSE = _any(
    "had|was|were|got|went|did|nearly|almost|used|ended|came|lost|spent|started|turned|rushed|woke|couldnt|landed|put",
    "didnt|wasnt|werent|hadnt|thought",
    r"suffered|survived|since|\w{3,12}ed",
)
PRESENT_RETURNS = _any("but|now|and (?:i|my|now)")
RESOLVED = _any(
    "all sorted|sorted (?:now|out)|all (?:fixed|fine|good|clear|better|healed|gone) (?:now|since|again)",
    "fully recovered|made a full recovery|long gone|long since|cleared (?:up )?(?:weeks|months|years|ages)",
    "discharged|home now|back home|back to normal|resolved|ruled out|fine now|better now|grand now|right as rain",
)
CLOSED_LATER = _any(
    "that was (?:in |back in |all |the (?:year|summer|winter) of )?(?:(?:19|20)[0-9]{2}|years|ages|before)",
    "false alarm|mystery solved|turned out (?:to be|it was)|all gone (?:since|now)",
)
STILL = _any(
    r"again(?! since)|now its|still (?!here|alive|standing|laugh)|tonight|(?<!years )(?<!yrs )today(?! \w+ years)",
    "(?<!ago )this (?:morning|afternoon|evening|week)|keeps?|is back|its back|came back|come back|has returned",
    "right now|at the moment|atm|just now|an? (?:hour|hr) ago|since (?:then|lunch|breakfast)|until|worse|not sure if",
    "but now|and now",
)
"""Signs that something goes on, or has begun again."""

ANIMAL = _any(
    "cats?|kitten|dogs?|puppy|pup|doggo|horse|pony|hamster|rabbit|bunny|budgie|parrot|chicken|hens?|guinea pig",
    "goldfish|tortoise|ferret|goat|sheep|cow|spaniel|labrador|terrier|collie",
)
_NO_PET = r"(?!cat|dog|kitten|puppy|horse|pony|hamster|rabbit|hens?|chickens?|old (?:cat|dog))"
PERSON = _any(
    rf"i|im|ive|me|my {_NO_PET}\w+|mine|we",
    "husband|wife|mum|mom|dad|son|daughter|partner|sister|brother|friend|hubby",
)
