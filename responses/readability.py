"""Reading grade of English plain text: Flesch-Kincaid, with a syllable rule that needs no word list.

Measures length of words and sentences only; it does not know whether a text is clear or true.
"""

import re

_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")
_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)|\n+")
_VOWELS = re.compile(r"[aeiouy]+")
_SPLIT_VOWELS = re.compile(r"ia|io(?!n|us)|eo(?!p)|ua|uou|iou|(?<=[aeio])ing")


def syllables(word: str) -> int:
    """Count syllables: one for each group of vowels, one less for a silent ending, one more for a split pair.

    Silent: a final e (not after a consonant + l), es, and ed, unless the ending is spoken (-ted, -ded, -ses, -ches).
    Split pairs (ia, io, eo, ua, vowel + ing) count twice. Never less than one.
    """
    word = word.lower().split("'")[0]
    count = len(_VOWELS.findall(word)) + len(_SPLIT_VOWELS.findall(word))
    silent_e = word.endswith("e") and not re.search(r"[^aeiouy]le$|[aeiouy]e$", word)
    silent_ed = word.endswith("ed") and not re.search(r"[tdaeiouy]ed$", word)
    silent_es = word.endswith("es") and not re.search(r"(s|x|z|ch|sh|c|g|[aeiouy]|[^aeiouy]l)es$", word)
    return max(1, count - int(silent_e or silent_ed or silent_es))


def reading_grade(text: str) -> float:
    """Compute the Flesch-Kincaid grade (US school years). The end of a line or list item ends a sentence.

    Formula: 0.39 words per sentence + 11.8 syllables per word - 15.59 (Kincaid and others, 1975).
    """
    sentences = [s for s in (_WORD.findall(part) for part in _SENTENCE_END.split(text)) if s]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return 0.0
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
