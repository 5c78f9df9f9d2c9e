"""The closed classes of English words that the rules stand on, and the base form of a verb."""

from __future__ import annotations

from collections.abc import Container


def word_set(words: str) -> frozenset[str]:
    """The words of a list that is written with spaces."""
    return frozenset(words.split())


DETERMINERS = word_set(
    "the a an this that these those my your his her its our their some any no every each all both "
    "many more most several few two three four five six seven eight nine ten dozens hundreds "
    "thousands one another other such neither either whose"
)
SUBJECT_PRONOUNS = word_set("i you he she it they we who")
OBJECT_PRONOUNS = word_set("me him us them himself herself themselves myself itself")
POSSESSIVES = word_set("his her its their my our your whose 's ’s")
BE = word_set("is are was were be been being am 're ’re 'm ’m")
HAVE = word_set("has have had having 've ’ve")
MODALS = word_set(
    "will would can could may might must shall should 'll ’ll 'd ’d ca wo do does did cannot"
)
NEGATIONS = word_set("not n't n’t never nor")
AUXILIARIES = BE | HAVE | MODALS | NEGATIONS
PREPOSITIONS = word_set(
    "of in on for as at by with from about against over into through during under without within "
    "between among toward towards after before since until than like upon per despite amid out up "
    "down off back across near around outside inside behind beyond via onto along following "
    "including regarding concerning"
)
QUESTION_WORDS = word_set("why how whether what if who where when which whom")
SUBORDINATORS = word_set(
    "that if whether because while although though when where as unless until since after before "
    "so why how what who which whose whom once whereas"
)
CONJUNCTIONS = word_set("and or but nor yet")
ADVERBS = word_set(
    "also then now later once just even still already again first often always ever never not "
    "once both soon twice nevertheless nonetheless meanwhile however instead perhaps too rather "
    "so only yesterday today tonight repeatedly away there here thus"
)
DAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
MONTHS = word_set(
    "january february march april may june july august september october november december jan feb "
    "mar apr jun jul aug sep sept oct nov dec"
)
MARKS_OF_QUOTATION = frozenset('"“”«»') | {"''", "``"}

_IRREGULAR_PASTS = (
    "said:say told:tell wrote:write written:write found:find thought:think knew:know known:know "
    "saw:see seen:see made:make felt:feel took:take taken:take gave:give given:give meant:mean "
    "swore:swear sworn:swear spoke:speak spoken:speak heard:hear shown:show held:hold sought:seek "
    "understood:understand forgot:forget forgotten:forget foresaw:foresee drew:draw drawn:draw "
    "began:begin begun:begin went:go gone:go came:come left:leave sent:send kept:keep "
    "brought:bring chose:choose chosen:choose led:lead ran:run set:set put:put cast:cast hit:hit "
    "won:win lost:lose laid:lay paid:pay sold:sell stood:stand withdrew:withdraw quit:quit bet:bet "
    "met:meet got:get caught:catch shot:shoot threw:throw thrown:throw spent:spend fought:fight "
    "taught:teach bought:buy built:build became:become fell:fall fallen:fall grew:grow grown:grow "
    "broke:break broken:break rose:rise drove:drive driven:drive ate:eat beat:beat cut:cut "
    "hurt:hurt let:let shut:shut struck:strike wore:wear worn:wear bore:bear borne:bear fled:flee "
    "hid:hide hidden:hide died:die buried:bury dug:dig lent:lend slept:sleep swept:sweep lay:lie "
    "flew:fly blew:blow sang:sing sank:sink stole:steal stolen:steal bound:bind dealt:deal "
    "underwent:undergo undertook:undertake overheard:overhear mistook:mistake mistaken:mistake"
)
IRREGULAR = dict(pair.split(":") for pair in _IRREGULAR_PASTS.split())
_ENDINGS = (("ing", "g"), ("ed", "d"), ("es", "s"), ("s", "s"))


def lemma(word: str, known: Container[str]) -> tuple[str, str]:
    """Give the base form of a word in lower case, and which of its forms it is.

    Parameters
    ----------
    word : str
    known : container of str
        Base forms to prefer where the spelling leaves a choice ("noted" is note, not not).

    Returns
    -------
    (str, str)
        The base, and ``b`` base, ``s`` third person or plural, ``d`` past or participle, ``g`` -ing.
    """
    if word in IRREGULAR:
        return IRREGULAR[word], "d"
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y", "s"
    if len(word) > 4 and word.endswith("ied"):
        return word[:-3] + "y", "d"
    for ending, form in _ENDINGS:
        if not word.endswith(ending) or len(word) <= len(ending) + 2 or word.endswith("ss"):
            continue
        stem = word[: -len(ending)]
        doubled = stem[:-1] if len(stem) > 2 and stem[-1] == stem[-2] else stem
        order = (stem + "e", stem) if _takes_e(stem) and ending != "s" else (stem, stem + "e")
        for base in (*order, doubled):
            if base in known:
                return base, form
        if ending != "es":
            return (stem + "e" if stem[-1] in "gvczu" and ending != "s" else stem), form
    return word, "b"


def _takes_e(stem: str) -> bool:
    """Whether a short stem must have lost an e: "hoped" is hope, for hop makes "hopped"."""
    vowels = "aeiou"
    return 2 <= len(stem) <= 4 and stem[-1] not in vowels + "wxy" and stem[-2] in vowels


def is_adverb(word: str) -> bool:
    """Whether a word in lower case can stand between a subject and its verb without being either."""
    return word in ADVERBS or (len(word) > 4 and word.endswith("ly") and word not in _NOT_ADVERBS)


_NOT_ADVERBS = word_set(
    "family italy july supply reply ally rally assembly apply monopoly only early daily"
)


def is_past_form(word: str) -> bool:
    """Whether a word in lower case looks like a past tense or a past participle."""
    return word in IRREGULAR or (len(word) > 3 and word.endswith("ed") and word not in _NOT_PASTS)


_NOT_PASTS = word_set(
    "need seed feed deed weed bleed shed sled bred fred hundred indeed united speed "
    "need breed naked wicked sacred hatred exceed proceed"
)
