"""Names of estates and landmarks in people's words: what is said of a place beside its numbers."""

import re

from workflows.places.numerals import fold

Span = tuple[int, int]

_BREAK = r"我家|俺家|咱家|我们|咱们|你们|位于|[在到是叫去我咱俺]|住(?!宅)|[^\w#()]"
_CUT = re.compile(_BREAK)
_NAME_CUT = re.compile(rf"{_BREAK}|[了啊呀吧呢喂]|(?<!美)的|救命|快来|来人|[你您]好")
_END = re.compile(
    r"(?:小区|[花家嘉]园|新村|家属[楼院]|公[寓馆]|大[院厦]|号院|[一二三四五六0-9]期|(?<![儿公校乐游花家嘉])园|[苑庭村城轩湾郡庄坊]|(?<!邻)居|(?<!政)府"
    r"|(?<![社市地厂辖小])区|(?<![库梯道间室楼屋家院房车区园苑村城边面心子])里)$"
)
_ORDINARY = re.compile(
    r"本|[这那各每]个?|[这那]些|同一|一个|整个|[个全某老]|居民|住宅|附近|小区|社区|大?院子?|里|家属|家(?!园)|楼|电梯|[房车]|[地上下前后]|中[心央]|街心"
)
_START = re.compile(r"[^\W_]{2,10}?(?:小区|[花家嘉]园|新村|(?<![儿公校乐游])园|苑)")
_ENGLISH = re.compile(r"(?:(?!The|My|Our|In|At)[A-Z][a-z']+ ){1,3}(?:Gardens?|Court|Estate|Village|Yuan|Community|Compound)\b")
_CLAUSE = re.compile(r"[^\n\s,.;:!?、。]+")
_NEXT = r"(?:旁边?|边上|对[面过]|附近|门口|后[面边]|前[面边]|拐角|路口|中间|之间|背后)"
_THINGS = (
    r"(?:[东西南北大侧后前正]门|电梯|楼[道梯]间?|地下[室车]库?|车[库棚]|楼顶|天台|屋顶|楼[下后前]|垃圾[站桶房]|停车场|广场|花坛|健身器材|活动室|居委会|物业|门卫|岗亭"
    r"|超市|幼儿园|学校|泵房|配电[室房]|锅炉房|凉亭|围墙|井盖|化粪池|门洞)(?:旁|里面?|外面?|口|上|下)?"
)
_BESIDE = re.compile(rf"[^\W_]{{1,10}}?{_NEXT}")
_RIGHT_BESIDE = re.compile(rf"{_NEXT}(?:的{_THINGS})?")
_THING = re.compile(rf"(?:(?:小区|院子?里?|楼[下后前里]|单元|[东南西北大侧后前正])+的?)?{_THINGS}")
_THING_ENGLISH = re.compile(
    r"(?<![A-Z])(?:(?:NEXT TO|NEAR|BEHIND|OPPOSITE|IN FRONT OF|OUTSIDE|BESIDE)\s[^\n,.;!?]{2,40}"
    r"|(?:(?:EAST|WEST|SOUTH|NORTH|MAIN|FRONT|BACK) )?"
    r"(?:GATE|LIFT|ELEVATOR|BASEMENT|STAIRWELL|STAIRS|STAIRCASE|ROOF|LOBBY|CAR PARK|PARKING LOT|GARAGE|HALLWAY|CORRIDOR)(?![A-Z]))"
)
_OF_A_BUILDING = re.compile(r"电梯|楼[道梯顶下后前里]|地下室|天台|屋顶|门洞|单元|LIFT|ELEVATOR|BASEMENT|STAIR|ROOF|LOBBY|HALLWAY|CORRIDOR")

GAP = "\n"
"""Stands, once for each character, where something has been read already."""


def is_by_building(landmark: str) -> bool:
    """Tell whether the landmark is a part of a building (its lift, its stairs, downstairs) rather than of the estate."""
    return _OF_A_BUILDING.search(fold(landmark)) is not None


def landmark(left: str) -> Span | None:
    """Return where a landmark stands in what is left of the words."""
    for clause in _CLAUSE.finditer(left):
        end = clause.end()
        start = max((cut.end() for cut in _CUT.finditer(left, clause.start(), end)), default=clause.start())
        right_after = start > 0 and left[start - 1] == GAP
        beside = (right_after and _RIGHT_BESIDE.match(left, start, end)) or _BESIDE.match(left, start, end)
        if beside:
            return beside.span()
    thing = _THING.search(left) or _THING_ENGLISH.search(left)
    return thing.span() if thing else None


def chunk_before(words: str, end: int) -> Span:
    """Return where the words stand that belong together right before `end`."""
    end = len(words[:end].rstrip(" ,.、。!?"))
    return max((cut.end() for cut in _NAME_CUT.finditer(words, 0, end)), default=0), end


def is_name(chunk: str) -> bool:
    """Tell whether the words can only name an estate: 金桂园, 14区; not 老小区 or 幼儿园, which any place may have."""
    return len(chunk) <= 20 and _END.search(chunk) is not None and _END.sub("", _ORDINARY.sub("", chunk)) != ""


def english_name(text: str) -> Span | None:
    """Return where an estate is named in English, by its capitals: Sunny Garden."""
    named = _ENGLISH.search(text)
    return named.span() if named else None


def name_in(left: str) -> Span | None:
    """Return where a clause begins with the name of an estate: 金桂园东门口."""
    start = 0
    for cut in (*_NAME_CUT.finditer(left), None):
        named = _START.match(left, start, cut.start() if cut else len(left))
        if named and is_name(named[0]):
            return named.span()
        start = cut.end() if cut else start
    return None


def may_be_name(chunk: str) -> bool:
    """Tell whether the words right before a building may be a name as well as anything else: 天润."""
    if chunk.isascii():
        return 4 <= len(chunk) <= 20
    return 2 <= len(chunk) <= 8 and not _THING.search(chunk) and not _END.search(chunk)
