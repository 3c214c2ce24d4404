"""A talk as a text file that anybody can read: who says what, what each channel shows, and the cases as they stand at the end.

    标题。说明。                          a title and what is shown, up to the first empty line; then, if need be:
    时间：2026-11-20 09:00                when it begins, in Shanghai
    不值班：网格员、网格长                  who has no duty now
    小区：没有                            no estate is loaded
    只在：短信、Telegram                  the only channels it can happen on

    居民> 3号楼2单元电梯困人了             somebody of the cast writes; 【照片】 is a photo
      [短信 → 居民，1条]                  what their phone is then sent, and how many SMS segments it takes
        请打119……
    值班员（工作台）> 办结 10176 当面 修好了   staff do something at the desk
    +15 min                              time goes by (min, h, d), and what falls due is done

`居民 ×60> 还没修` says it sixty times, and 【漏水×3000】 is a very long text. Everything but what people say is written by `--update`.
A block without a channel shows the same words on all of them; 〔有〕 is a button.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from bot.effects import Command
from bot.store.begin import Store
from tests.calling import Calls
from tests.talks import CHANNELS, SHANGHAI, START, TRANSLATOR, Heard, Talks
from workflows.cases.end_words import CancelCase, NoteCase, ProgressCase, ReclassifyCase, ResolveCase, WaitForResident
from workflows.cases.views import CaseView
from workflows.cases.words import AcceptCase

DESK = re.compile(r"(?P<who>\S+)（工作台）> ?(?P<verb>\S+) (?P<number>\d+) ?(?P<words>.*)")
SAYS = re.compile(r"(?P<who>[^\s>]+?)(?: ×(?P<times>\d+))?> ?(?P<words>.*)")
LATER = re.compile(r"\+(?P<count>\d+) (?P<unit>min|h|d)")
LONG = re.compile(r"【(.+?)×(\d+)】")
PHOTO = "【照片】"
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
NAMES = {"sms": "短信", "telegram": "Telegram", "terminal": "终端", "webchat": "网页", "voice": "电话"}
LABELS = {"urgent": "紧急", "general": "一般", "suggestion": "建议"}
STATES = {
    "open": "待接",
    "accepted": "已接",
    "in_progress": "在办",
    "waiting": "等居民回话",
    "resolved": "已办，等居民说",
    "closed": "已办结",
    "reopened": "重新办",
    "cancelled": "已撤销",
    "merged": "已合并",
}
ENDED_WHY = {"agreed": "居民说解决了", "silence": "没等到回话", "unreachable": "问不到本人", "cancelled": "撤销"}
GRADES = {"very_good": "非常满意", "good": "满意", "fair": "基本满意", "bad": "不满意", "very_bad": "很不满意"}
OFFLINE = {"当面": "visit", "电话": "call", "公告栏": "board", "纸条": "paper"}
CLASSES = {"紧急": "urgent", "一般": "general", "建议": "suggestion"}
HURT = {"": "没说", "yes": "有", "no": "没有"}
WAITS = {
    "": "不用",
    "place": "找不到地点",
    "person": "本人要找人",
    "unclear": "没听明白",
    "silence": "不再回话",
    "nobody": "没人可找",
    "new words": "又说了话",
    "recording": "有录音要听",
    "hung up": "话没说完就挂了",
    "home": "住处要人填",
    "visit": "要上门登记",
    "join": "两个号码要人核对",
    "number": "旧号码没了，要人核对",
    "erase": "合用的号码要删登记",
    "reopened": "居民说没解决",
    "given back": "接的人去不了",
    "unasked": "要有人去问居民",
    "dissatisfied": "居民不满意",
}
END = "最后"


@dataclass(frozen=True, slots=True)
class Script:
    """What is given: the opening as written, its settings, and the lines that people say or that time goes by."""

    opening: str
    settings: Mapping[str, str]
    lines: tuple[str, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        only = self.settings.get("只在")
        return tuple(channel for channel in CHANNELS if only is None or NAMES[channel] in only.split("、"))


@dataclass(frozen=True, slots=True)
class Play:
    """What came of a script on one channel: what was sent after each line, the cases, and the flows that were used."""

    heard: tuple[tuple[Heard, ...], ...]
    cases: tuple[str, ...]
    flows: frozenset[str]


def read(text: str) -> Script:
    """The script in a transcript, without what it shows."""
    opening, _blank, rest = text.partition("\n\n")
    settings = dict(line.split("：", 1) for line in opening.splitlines()[1:] if re.match(r"(时间|不值班|小区|只在)：", line))
    said = [line for line in rest.partition(f"\n{END}\n")[0].splitlines() if line and not line.startswith(" ")]
    for line in said:
        if not (SAYS.fullmatch(line) or LATER.fullmatch(line)):
            raise ValueError(f"nobody says this, and it is no time: {line!r}")
    return Script(opening, settings, tuple(said))


def play(script: Script, store: Store, channel: str) -> Play:
    """The script is talked through on this channel."""
    given = script.settings.get("时间")
    now = datetime.strptime(given, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).astimezone(UTC) if given else START
    estate = script.settings.get("小区") != "没有"
    talks = Calls(store, now=now, estate=estate) if channel == "voice" else Talks(store, channel=channel, now=now, estate=estate)
    for who in filter(None, script.settings.get("不值班", "").split("、")):
        talks.off_duty(who)
    heard = tuple(_line(talks, line) for line in script.lines)
    return Play(heard, tuple(_case(case) for case in talks.cases()), frozenset(talks.flows))


def written(script: Script, plays: Mapping[str, Play]) -> str:
    """The transcript with everything that it shows."""
    parts = [script.opening, ""]
    for place, line in enumerate(script.lines):
        parts += [line, *_shown({channel: one.heard[place] for channel, one in plays.items()}), ""]
    cases = next(iter(plays.values())).cases
    return "\n".join([*parts, END, *(cases or ("  没有案件。",)), ""])


def _resolve(number: str, words: str) -> ResolveCase:
    how, _blank, done = words.partition(" ")
    return ResolveCase(number, done, OFFLINE[how])


def _reclassify(number: str, words: str) -> ReclassifyCase:
    label, _blank, why = words.partition(" ")
    return ReclassifyCase(number, CLASSES[label], why)


AT_THE_DESK: Mapping[str, Callable[[str, str], Command[Any]]] = {
    "接": lambda number, _words: AcceptCase(number),
    "在办": ProgressCase,
    "办结": _resolve,
    "撤销": CancelCase,
    "改类": _reclassify,
    "备注": NoteCase,
    "问": WaitForResident,
}


def _line(talks: Talks, line: str) -> tuple[Heard, ...]:
    later = LATER.fullmatch(line)
    if later:
        return talks.wait(int(later["count"]) * UNITS[later["unit"]])
    desk = DESK.fullmatch(line)
    if desk:
        return talks.give(desk["who"], AT_THE_DESK[desk["verb"]](desk["number"], desk["words"]))
    said = SAYS.fullmatch(line)
    assert said is not None
    once = _saying(talks, said["who"], said["words"])
    return tuple(heard for _time in range(int(said["times"] or 1)) for heard in once())


def _saying(talks: Talks, who: str, words: str) -> Callable[[], tuple[Heard, ...]]:
    if words != PHOTO:
        words = LONG.sub(lambda long: long[1] * int(long[2]), words)
        return lambda: talks.say(who, words)
    if talks.address(who).channel == "terminal":
        return lambda: talks.say(who, "/photo /photos/lift.jpg")
    return lambda: talks.say(who, photos=["https://api.twilio.com/media/ME1"])


def _shown(heard: Mapping[str, tuple[Heard, ...]]) -> Iterator[str]:
    """What was sent after one line: in one block where all channels say the same to the same, else a block for each.

    A call that goes another way than a written talk (it ends, it is put through) stands after the others.
    """
    runs = {channel: _runs(each) for channel, each in heard.items()}
    texted = [_whose(each) for channel, each in runs.items() if channel != "voice"]
    aside = runs.pop("voice") if texted and "voice" in runs and _whose(runs["voice"]) not in texted else ()
    if len({_whose(each) for each in runs.values()}) > 1:
        yield from (line for each in runs.values() for run in each for line in run.block(NAMES[run.channel]))
    else:
        for alike in zip(*runs.values(), strict=True):
            yield from _alike(alike)
    texts = {(run.who, run.words) for run in runs.get("sms", ())}
    yield from (line for run in aside if (run.who, run.words) not in texts for line in run.block(NAMES[run.channel]))


def _alike(runs: Sequence[_Run]) -> Iterator[str]:
    """What each channel tells the same person, the same words once."""
    saying: dict[str, list[_Run]] = {}
    for run in runs:
        saying.setdefault(run.words, []).append(run)
    for same in saying.values():
        names = "、".join(dict.fromkeys(NAMES[run.channel] for run in same))
        yield from max(same, key=lambda run: run.parts).block(names if len(saying) > 1 else "")


def _whose(runs: Sequence[_Run]) -> tuple[str, ...]:
    return tuple(run.who for run in runs)


@dataclass(frozen=True, slots=True)
class _Run:
    """The same words to the same phone or screen, so many times one after the other."""

    who: str
    channel: str
    words: str
    parts: int
    times: int

    def block(self, channel: str) -> Iterator[str]:
        counted = [f"{self.parts}条"] if self.parts else []
        counted += [f"{self.times}次"] if self.times > 1 else []
        yield f"  [{'，'.join([f'{channel} → {self.who}'.strip(), *counted])}]"
        yield from (f"    {line}".rstrip() for line in self.words.splitlines())


def _runs(heard: Sequence[Heard]) -> tuple[_Run, ...]:
    found = [list(same) for _key, same in groupby(heard, key=lambda one: (one.who, one.channel, one.words))]
    return tuple(_Run(same[0].who, same[0].channel, same[0].words, same[0].parts, len(same)) for same in found)


def _case(case: CaseView) -> str:
    about = "大约" if case.provisional else ""
    rows = (
        f"  {case.number}号 {LABELS[case.label]} {case.category} {STATES[case.state]}",
        f"    地点：{TRANSLATOR.say(case.place, 'zh_CN', 'screen', START) if case.place else '没说'}",
        f"    受伤：{HURT[case.hurt]}",
        f"    等人看：{WAITS[case.needs_person]}",
        f"    期限：{about}{case.due.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        *_ended(case),
    )
    return "\n".join(rows)


def _ended(case: CaseView) -> Iterator[str]:
    """How its promise and its end came out, where there is something to tell."""
    if case.met or case.breached:
        yield f"    承诺：{'没守住' if case.breached else '守住了'}"
    if case.reopened:
        yield f"    重办：{case.reopened}次"
    if case.ended_why:
        yield f"    结束：{ENDED_WHY[case.ended_why]}"
    if case.satisfaction:
        yield f"    满意：{GRADES[case.satisfaction]}"
