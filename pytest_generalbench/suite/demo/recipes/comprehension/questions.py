"""Questions with options, and open ones: shared by the recipes of all media."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.suite.demo.builder import COUNT
from pytest_generalbench.suite.demo.media.vocabulary import (
    ACTIONS,
    ADJECTIVES,
    CATEGORIES,
    PEOPLE,
    PLACES,
    THINGS,
)

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.rng import Dice

LETTERS: Final = "ABCDE"


class Choice(NamedTuple):
    """A question with options, one of which is right."""

    question: str
    options: list[str]
    right: int

    @property
    def letter(self) -> str:
        """The letter of the right option."""
        return LETTERS[self.right]

    @property
    def text(self) -> str:
        """The right option's text."""
        return self.options[self.right]

    @property
    def with_list(self) -> str:
        """The question with its options in a list at the end, as the image tasks have it."""
        return f"{self.question} The candidate choices are {self.options}."

    @property
    def with_letters(self) -> str:
        """The question with its options lettered, a line each."""
        lines = (f"{letter}. {option}" for letter, option in zip(LETTERS, self.options, strict=False))
        return "\n".join([self.question, *lines])


def choices(dice: Dice, subject: str = "these") -> list[Choice]:
    """Return questions of 3 to 5 options; every position is right about equally often."""
    size = dice.between(3, 5)
    kinds = dice.spread(sorted(CATEGORIES), COUNT)
    made: list[Choice] = []
    for kind, right in zip(kinds, dice.spread(range(size), COUNT), strict=True):
        others = dice.sample([other for other in sorted(CATEGORIES) if other != kind], size - 1)
        # An orange is a colour here and a lead a metal; no word is in two of the sets.
        options = [dice.pick(CATEGORIES[other]) for other in others]
        taken = [choice.text for choice in made]
        options.insert(right, dice.pick([word for word in CATEGORIES[kind] if word not in taken]))
        article = "an" if kind[0] in "aeiou" else "a"
        made.append(Choice(f"Which of {subject} is {article} {kind}?", options, right))
    return made


class Open(NamedTuple):
    """A question about a short text, with a full sentence and a few words as answers."""

    context: str
    question: str
    sentence: str
    short: str

    @property
    def where(self) -> str:
        """The part of the question that the few words answer."""
        return f"{self.question.partition(',')[0]}?"


def open_questions(dice: Dice) -> list[Open]:
    """Return questions whose answers all differ."""
    made: list[Open] = []
    people, things = dice.sample(PEOPLE, COUNT), dice.sample(THINGS, COUNT)
    places, looks = dice.shuffled(PLACES), dice.spread(ADJECTIVES, COUNT)
    for person, thing, place, look in zip(people, things, places, looks, strict=True):
        noise = (
            f"{dice.pick([p for p in PEOPLE if p != person])} {dice.pick(ACTIONS)} the {dice.pick(PLACES)}."
        )
        kept = f"{person} has put the {look} {thing} in the {place}."
        question = f"Where is the {thing} now, and who has put it there?"
        made.append(Open(f"{noise} {kept}", question, kept.rstrip("."), f"in the {place}"))
    return made
