"""The one place where reasoning is cut from an answer, in the marks of any model family.

Blocks (`<think>…</think>`, `[THINK]…[/THINK]`, `◁think▷…◁/think▷`, `<|begin_of_thought|>…`), the
channels of harmony with their tokens and without, answers behind a phrase or a token of their own, and
sections for the answer (`<answer>…</answer>`, `<CONCLUSION>…`). What stands before a lone closing mark
is reasoning, since a chat template may have opened it. Reasoning that was opened and never closed was
cut off: it leaves no answer, whatever it mentions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_OPEN: Final = r"(?:\\?<|&lt;|＜|◁|⟨|〈|\[|【)"
_CLOSE: Final = r"(?:\\?>|&gt;|＞|▷|⟩|〉|\]|】)"
_PREFIX: Final = r"(?:\w{1,20}[:_])?"
_STRONG: Final = (
    r"think(?:ing)?(?:_process|[_-]\w{1,60})?|thoughts?(?:_process)?|reasoning(?:_process|_content)?|"
    r"cot(?:_\w{1,40})?|思考(?:过程)?|推理(?:过程)?|思维链"
)
_WEAK: Final = r"analy[sz]e|analysis|reason|reflection|rationale|scratchpad|inner_monologue|deliberation"
_MARK: Final = re.compile(
    rf"(?P<open>{_OPEN})[|｜]?(?P<end>/|end_of_|end_)?(?:begin_of_|start_of_|start_|begin_)?"
    rf"(?P<name>(?P<strong>{_PREFIX}(?:{_STRONG}))|{_WEAK})(?:_start|_begin|(?P<tail>_end))?"
    rf"(?:\s[^<>\[\]\n]{{0,200}})?[|｜]?(?P<self>/)?{_CLOSE}",
    re.IGNORECASE,
)
_SECTION: Final = re.compile(
    rf"{_OPEN}[|｜]?(?P<end>/|end_of_|end_)?(?:begin_of_|start_of_|start_)?"
    r"(?:(?P<sure>(?:final[ _-]?)?answer|conclusion|(?<=of_)solution|(?<=\|start_)response|"
    r"(?<=\|end_)response|答案|最终答案)|output|response|solution|final|result)"
    rf"(?:\s[^<>\[\]\n]{{0,200}})?[|｜]?{_CLOSE}",
    re.IGNORECASE,
)
_BOX: Final = re.compile(r"<\|begin_of_box\|>(.*?)(?:<\|end_of_box\|>|\Z)", re.DOTALL)
_QUOTES: Final = frozenset("`\"'")

_MESSAGE: Final = re.compile(
    r"(?:<\|channel\|>|\A\s*)\s*(analysis|commentary|final)\b[^\n]{0,80}?<\|message\|>"
)
_MESSAGE_END: Final = re.compile(r"<\|(?:end|return|start|call|channel)\|>")
_BARE_FINAL: Final = re.compile(
    r"assistantfinal(?!(?:ly|ist|ists|ized?|ise|ised)\b)|\nassistant\s*\nfinal\s*\n"
)
_BARE_START: Final = re.compile(r"\s*(?:analysis|commentary)(?=\w|[*\"'(<\[])|\s*analysis\s*\n")


class _Phrases(NamedTuple):
    """How the reasoning of a family starts, and what stands before its answer."""

    start: re.Pattern[str]
    end: re.Pattern[str]
    lone: bool
    """Whether the answer is also found where a template put the start into the prompt."""


_PHRASES: Final = tuple(
    _Phrases(re.compile(rf"\s*(?:{start})"), re.compile(end, re.MULTILINE), lone)
    for start, end, lone in (
        (r"<SUMMARY>(?!(?s:.*)</SUMMARY>\s*\Z)", r"(?=<CONCLUSION>)", False),
        (r"Here is my thought process:", r"^[* \t]{0,9}Here is my response:[*]*", True),
        (r"Here are my reasoning steps:", r"\[BEGIN FINAL RESPONSE\]", True),
        (r"#+\s*Thinking\b", r"^#+\s*Final Response\b:?", True),
        (r"<\|im_start\|>think\b", r"<\|im_start\|>answer\b", True),
        (r"<unused94>", r"<unused95>", True),
        (r"<\|channel>thought\b", r"<channel\|>", True),
        (r"<details[^>]{0,200}reasoning[^>]{0,200}>", r"</details>", False),
        (r"```(?:thinking|think|thought|reasoning)\n", r"^```\s*$", False),
        (r"<\|begin\|>assistant<\|think\|>", r"<\|content\|>", True),
    )
)
_TURN: Final = (
    r"<\|(?:im_end|eot_id|eom_id|end_of_text|endoftext|return|end|im_start|start_header_id|END_OF_TURN_TOKEN|"
    r"user)\|>|<end_of_turn>|<start_of_turn>|<eos>|<｜end▁of▁sentence｜>|<｜User｜>|\[END FINAL RESPONSE\]"
)
_TURN_END: Final = re.compile(_TURN)
_HEAD: Final = re.compile(
    r"(?:\s*(?:<s>(?!(?s:.*)</s>\s*\S)|<bos>|<\|begin_of_text\|>|<\|assistant\|>|<｜Assistant｜>|"
    r"(?:<\|im_start\|>|<\|start\|>|<start_of_turn>)(?:assistant|model)\b|"
    rf"<\|start_header_id\|>assistant<\|end_header_id\|>|(?i:assistant)\s*(?:\n|:)|{_TURN}))+\s*"
)
"""The model's role at the start of its turn, and ends of turns before any text."""


def cut_reasoning(text: str) -> str:
    """Return the answer that follows the reasoning of a text, its blanks kept where nothing was cut.

    Empty where the reasoning was cut off before it closed.

    >>> cut_reasoning("<think>A? No.</think>B"), cut_reasoning("A? No.[/THINK]B"), cut_reasoning("<think>A")
    ('B', 'B', '')
    >>> cut_reasoning("analysisIt may be A.assistantfinalB"), cut_reasoning("<answer>B</answer> It is red.")
    ('B', 'B')
    """
    is_marked = any(mark in text for mark in _MARKED) or "assistant" in text.casefold()
    return _cut(text) if is_marked else text


_MARKED: Final = (
    "<", "[", "#", "`", "&", "＜", "◁", "⟨", "〈", "【", "Here is my", "Here are my", "analysis",
    "commentary",
)  # fmt: skip
"""What every mark of reasoning has one of, beside `assistant`; a text without is an answer as it stands."""


def _cut(text: str) -> str:
    answer = _behind_channels(text)
    answer = _behind_phrases(answer)
    answer = _without_turns(_outside_blocks(answer))
    return _boxes(_section(answer, reasoned=answer != text))


def without_reasoning(text: str) -> str:
    """Return the answer that follows the reasoning of a text, without blanks around it."""
    return cut_reasoning(text).strip()


def _behind_channels(text: str) -> str:
    """Return the message of the final channel of harmony, as it is written with its tokens or without."""
    messages = list(_MESSAGE.finditer(text)) if "<|message|>" in text else []
    if messages:
        final = [message for message in messages if message[1] == "final"]
        if not final:
            return ""
        rest = text[final[-1].end() :]
        end = _MESSAGE_END.search(rest)
        return rest[: end.start()] if end else rest
    bare = list(_BARE_FINAL.finditer(text)) if "final" in text else []
    if bare:
        return text[bare[-1].end() :]
    return "" if _BARE_START.match(text) else text


def _behind_phrases(text: str) -> str:
    for phrases in _PHRASES:
        opened = phrases.start.match(text)
        if opened is None and not phrases.lone:
            continue
        ends = list(phrases.end.finditer(text, opened.end() if opened else 0))
        if ends:
            return text[ends[-1].end() :]
        if opened is not None:
            return ""
    return text


def _outside_blocks(text: str) -> str:
    """Return the last part of a text that lies outside all blocks of reasoning."""
    blocks = _Blocks()
    for mark in _MARK.finditer(text):
        if mark["open"] == "[" and not mark[0].isupper():
            continue
        around = text[max(0, mark.start() - 1) : mark.start()], text[mark.end() : mark.end() + 1]
        if _QUOTES.issuperset(around):
            continue  # it is spoken of
        if mark["end"] or mark["tail"] or mark["self"]:
            blocks.close(mark)
        else:
            blocks.open(mark, text)
    if blocks.names:
        return ""
    parts, rest = blocks.parts, text[blocks.place :]
    if not parts:
        return rest
    sections = [part for part in (*parts, rest) if any(mark["sure"] for mark in _SECTION.finditer(part))]
    return sections[-1] if sections else rest if _without_turns(rest).strip() else parts[-1]


@dataclass(slots=True)
class _Blocks:
    """The blocks of reasoning that are open while the marks of a text are gone through."""

    names: list[str] = field(default_factory=list)
    """Of the open blocks, the outermost first."""
    depths: dict[str, int] = field(default_factory=dict)
    """The depth of the outermost open block of each name."""
    ignored: set[str] = field(default_factory=set)
    """Names that may be plain markup, opened among the answer's own words."""
    parts: list[str] = field(default_factory=list)
    """Texts outside before the current place."""
    place: int = 0
    """Behind the last mark that closed all blocks."""

    def open(self, mark: re.Match[str], text: str) -> None:
        """Enter a block."""
        name = _key(mark)
        between = "" if self.names else text[self.place : mark.start()]
        if not mark["strong"] and (self.names or self.parts or between.strip()):
            self.ignored.add(name)
            return
        if between.strip():
            self.parts.append(between)
        self.depths.setdefault(name, len(self.names))
        self.names.append(name)

    def close(self, mark: re.Match[str]) -> None:
        """Leave a block with all in it; what stands before a mark that nothing opened is reasoning."""
        name = _key(mark)
        if name in self.depths:
            depth = self.depths[name]
            while len(self.names) > depth:
                last = self.names.pop()
                if self.depths.get(last) == len(self.names):
                    del self.depths[last]
        elif not mark["strong"] and (self.names or name in self.ignored):
            return
        else:
            self.names, self.depths, self.parts = [], {}, []
        if not self.names:
            self.place = mark.end()


def _key(mark: re.Match[str]) -> str:
    return re.sub(r"ing$|s$", "", mark["name"].lower())


def _without_turns(text: str) -> str:
    """Drop the model's role at the start, and all from the end of its turn on."""
    head = _HEAD.match(text)
    text = text[head.end() :] if head else text
    end = _TURN_END.search(text)
    if end:
        return text[: end.start()]
    end_tag = text.find("</s>")
    return text[:end_tag] if end_tag > 0 and "<s>" not in text else text


def _section(text: str, *, reasoned: bool) -> str:
    """Return what the last section for the answer holds, the text itself where there is none."""
    marks = [mark for mark in _SECTION.finditer(text) if mark["sure"] or reasoned]
    marks = [mark for mark in marks if mark[0][0] != "[" or mark[0].isupper()]
    sure = [mark for mark in marks if mark["sure"]]
    if not sure and not (marks and not text[: marks[0].start()].strip()):
        return text
    marks = sure or marks
    opening = [place for place, mark in enumerate(marks) if not mark["end"]]
    if not opening:
        return text[: marks[-1].start()]
    ended = [place for place in opening if place + 1 < len(marks) and marks[place + 1]["end"]]
    place = ended[-1] if ended and ended[-1] == opening[-1] else opening[-1]
    start = marks[place].end()
    return text[start : marks[place + 1].start()] if place + 1 < len(marks) else text[start:]


def _boxes(text: str) -> str:
    r"""Write a box of GLM's tokens as LaTeX writes it; one that is all of the text goes."""
    if "<|begin_of_box|>" not in text:
        return text.replace("<|end_of_box|>", "")
    whole = _BOX.fullmatch(text.strip())
    return whole[1] if whole else _BOX.sub(lambda box: rf"\boxed{{{box[1]}}}", text)
