"""Words as they are said: numbers, digit strings, dates, letters. Numbers and random choices in, lower-case words out;
knows nothing of shops. The language stage of the server reads all of these back."""

from __future__ import annotations

import re
from random import Random

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
MONTHS = (
    "january february march april may june july august september october november december"
).split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def number(n: int) -> str:
    """`n` from 0 to 999,999 in words: 1205 is "one thousand two hundred five"."""
    if not 0 <= n < 1_000_000:
        raise ValueError(f"{n} is not between 0 and 999999")
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f" {ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{ONES[n // 100]} hundred" + (f" {number(n % 100)}" if n % 100 else "")
    return f"{number(n // 1000)} thousand" + (f" {number(n % 1000)}" if n % 1000 else "")


def ordinal(n: int) -> str:
    """`n` from 1 to 99 as a place in a row: 21 is "twenty first"."""
    *before, last = number(n).split()
    last = IRREGULAR.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return " ".join([*before, last])


def digits(rng: Random, length: int) -> str:
    """A string of `length` digits the way people read one: one by one, "oh" for zero, in pairs, or "double four"."""
    figures = [rng.randrange(10) for _ in range(length)]
    manner = rng.random()
    if manner < 0.12 and length % 2 == 0 and all(figures[i] > 0 for i in range(0, length, 2)):
        return " ".join(number(10 * a + b) for a, b in zip(figures[::2], figures[1::2], strict=True))
    zero = "oh" if manner > 0.75 else "zero"
    words, i = [], 0
    while i < length:
        if i + 1 < length and figures[i] == figures[i + 1] and rng.random() < 0.15:
            words += ["double", ONES[figures[i]]]
            i += 2
            continue
        words.append(zero if figures[i] == 0 else ONES[figures[i]])
        i += 1
    return " ".join(words)


def teen_or_ten(rng: Random) -> str:
    """Thirteen to nineteen, or thirty to ninety: pairs that a stress and the end of a word tell apart."""
    return number(rng.choice([*range(13, 20), *range(30, 100, 10)]))


def date(rng: Random) -> str:
    """A day or a span of time that an order can be asked for."""
    month, day = rng.choice(MONTHS), ordinal(rng.randint(1, 31))
    return rng.choice(
        [
            "yesterday", "today", "this week", "last week", "last month", "this month", "last year",
            f"in {month}", f"on {rng.choice(DAYS)}", f"last {rng.choice(DAYS)}", f"on {month} {day}", f"on the {day}",
            f"on {month} the {day}", f"{number(rng.randint(2, 12))} {rng.choice(['days', 'weeks', 'months'])} ago",
        ]
    )  # fmt: skip


def letters(word: str) -> tuple[str, str]:
    """A word letter by letter: what is written ("a n n"), and what a synthesiser must be given ("ay n n")."""
    one_by_one = [c for c in word if c.isalpha()]
    return " ".join(one_by_one), " ".join("ay" if c == "a" else c for c in one_by_one)


def plain(text: str) -> str | None:
    """Any text as the recogniser would write it: lower-case words of letters and apostrophes, numbers spelled out.
    None where it can't be said so: other alphabets, digits inside words, huge numbers."""
    text = text.lower().replace("’", "'").replace("&", " and ").replace("%", " percent ")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"[-–—_/.,;:!?\"()\[\]]+", " ", text)
    words = []
    for word in text.split():
        if word.isdecimal() and len(word) <= 6:
            words.append(number(int(word)))
            continue
        word = word.strip("'") if word != "'" else ""
        if not re.fullmatch(r"[a-z']*", word):
            return None
        if word:
            words.append(word)
    return " ".join(words) or None
