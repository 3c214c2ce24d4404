"""What a part of a place looks like in people's words; what each means where it stands is told in reading."""

import re

from workflows.places.numerals import CHARACTERS, SIDES, ZEROS

ONES = {"ONE": "1", "TWO": "2", "THREE": "3", "FOUR": "4", "FIVE": "5", "SIX": "6", "SEVEN": "7", "EIGHT": "8", "NINE": "9", "TEN": "10"}
FIRSTS = {"FIRST": "1", "SECOND": "2", "THIRD": "3", "FOURTH": "4", "FIFTH": "5", "SIXTH": "6", "SEVENTH": "7", "EIGHTH": "8", "NINTH": "9"}

_HAN = CHARACTERS.removeprefix("0-9")
_N = rf"(?:[0-9{ZEROS}]++|[{_HAN}]++)"  # 501, 5零1, 五零一; never 一9
_C = rf"(?:(?<![A-Z])[A-Z])?{_N}(?:[A-Z](?![A-Z])|[甲乙丙丁](?!单))?"
_L = r"(?<![A-Z])[A-Z]"
_NO = r"\.?\s*(?:NO\.?\s*|NUMBER\s+|#\s*)?"
# "A" and "I" are words too: "block a driveway", "the building I live in".
_ALONE_A = r"A(?=\W*(?:$|[0-9]|UNIT|ENTRANCE|ROOM|APT|APARTMENT|FLAT|FLOOR))"
_E = rf"(?:{_NO}([A-Z]?[0-9]+[A-Z]?)|\.?\s+({'|'.join(ONES)}|[B-HJ-Z]|{_ALONE_A}))(?![A-Z0-9])"
_UNIT = r"[单丹][元员原园源]"  # 单元, and how it is misheard and mistyped
_EDGE = r"(?<![0-9A-Z./])(?<![0-9A-Z][/-])"
_BAR = r"\s?(?:[-/_]|杠)\s?"
_END = r"(?:号?[室房])?(?![0-9A-Z]|[-/.][0-9])"
# A number before one of these is an amount. The exceptions begin something else: 501天花板漏水, 501只有老人.
_MEASURE = (
    r"\s?(?:[个块元毛斤度岁秒月万亿名辆件条倍点时户米]|公斤|小时|多(?!处)|人(?!在)|平(?!时)|次(?!卧)|天(?!花)|日|分(?!部)|年(?!轻|老)|只(?!有|是|剩|能)"
    r"|路(?:公交|车)|[.:%][0-9]|[-~至到][0-9]|MIN|HOUR|DAY|YUAN|PEOPLE|KG)"
)
_NOTHING = (
    # telephones and account numbers
    r"(?<![0-9])1[3-9][0-9](?:[-\s]?[0-9]{4}){2}(?![0-9])|(?<![0-9])0[0-9]{2,3}[-\s]?[0-9]{7,8}|[48]00[-\s]?[0-9]{3}[-\s]?[0-9]{4}|[0-9]{5,}+",
    # dates and times; 3/2/1902 may be a room, 12/25/2024 may not: no floor has 24 doors
    r"(?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?![0-9])|(?<![0-9])[0-9]{1,2}/[0-9]{1,2}/(?:19|20)(?:1[3-9]|[2-9][0-9])(?![0-9])",
    rf"{_N}\s?年(?![轻老])|{_N}\s?月份?的?(?:\s?{_N}\s?[号日])?|(?:[今明昨后前]天|本月|[这上下]个?月)\s?{_N}\s?[号日](?!\s?楼)",
    rf"(?:周|星期|礼拜|初)[一二三四五六日]|{_N}\s?点\s?(?:半|钟|{_N}\s?分?)?|[0-9]{{1,2}}:[0-9]{{2}}",
    # how many: 两栋, 这三栋, 三栋楼都停水, 6层楼
    rf"{_N}\s?个|两\s?[栋幢座层]|(?:[这那共]|(?<!只)有){_N}\s?[栋幢座层](?!\s?[{CHARACTERS}{SIDES}]+\s?单元)",
    rf"{_N}\s?[栋幢]\s?(?:楼(?![下上道梯顶里前后门旁{CHARACTERS}])|房(?!间)|居民|高层|多层|别墅|住宅|[老旧危])|{_N}\s?(?:层楼|座[桥山位椅])",
    # other things with a number: 3号线, 3号电梯, 20号区
    rf"{_N}\s?号(?:线|电梯|梯|区|院|机|泵|桌|井)|{_N}\s?#\s?区",
)
# In this order: first what only looks like a place, last what its neighbours must explain.
_KINDS = {
    "nothing": "|".join(_NOTHING),
    "street": rf"[路街道巷]\s?({_N})\s?号(?!楼)",
    "spaced": rf"\A\s*({_C})[\s,、]+({_N})[\s,、]+({_N})\s*\Z",
    "chain": rf"{_EDGE}({_C}){_BAR}({_N}|[A-Z{SIDES}]){_BAR}({_N}[A-Z]?)(?:{_BAR}({_N}[A-Z]?))?{_END}",
    "pair": rf"{_EDGE}({_C}){_BAR}({_N}[A-Z]?){_END}(?!{_MEASURE})",
    "building": rf"第?({_C}|{_L}|[甲乙丙丁])\s?"
    rf"(?:号(?=楼[道梯])|号?\s?楼栋|号\s?(?:住宅|商住|居民|宿舍)?楼|号?\s?[栋幢]|#\s?[楼栋]|座|[动冻洞撞](?=\s?{_N}\s?{_UNIT}))",
    "lettered": rf"({_L}|[甲乙丙丁]|{_N}[A-Z甲乙丙丁])\s?楼",
    "hash": rf"({_C})#|#\s?({_C})\s?[楼栋]|#\s?({_C})(?=\s?{_N}\s?(?:{_UNIT}|门))",
    "gate": rf"({_N})\s?号门(?![洞栋])",
    "counted": rf"([东西南北左右](?:[头边侧面]数?起?|数|起数?)的?第?{_N}个?(?:单元|门洞|门栋|门))",
    "unit": rf"第({_N})个?(?:单元|门洞|门栋|门)|({_N}|{_L}|[{SIDES}])\s?号?\s?{_UNIT}",
    "door": rf"({_N})\s?号?(?:门洞|门栋|门口?)(?![诊市卫禁铃锁槛心课])",
    "below": rf"(?:负|地下|(?<![\w#-])-)\s?({_N})\s?[楼层]|(?<![A-Z])B([1-4])\s?(?:[层楼]|F(?![A-Z]))",
    "extreme": r"([底顶])[楼层]|(GROUND|TOP) FLOOR",
    "level": rf"第?({_N})\s?楼(?!以[上下]|往|高|房)",
    "storey": rf"第?({_N})\s?层(?![楼水油灰皮霜冰雪薄土泥纱膜高])",
    "room": rf"((?:{_L})?{_N}[A-Z]?)\s?号?(?:室(?!\s?[{CHARACTERS}]\s?厅)|房(?![价产本子屋贷])间?)",
    "side": r"([东西南北中]户)(?![外口型籍])",
    "en_building": rf"(?<![A-Z])(?:BUILDING|BLDG|BLOCK|BLK|TOWER){_E}|NO\.?\s*([0-9]+)\s*(?:BUILDING|BLDG)",
    "en_unit": rf"(?<![A-Z])(?:UNIT|ENTRANCE){_E}",
    "en_room": rf"(?<![A-Z])(?:ROOM|RM|APT|APARTMENT|FLAT|SUITE)(?:\s+IS)?{_NO}([0-9]{{1,4}}[A-Z]?)(?![A-Z0-9])",
    "en_floor": rf"(?<![A-Z])FLOOR\s*([0-9]{{1,2}}|{'|'.join(ONES)})(?![A-Z0-9])"
    rf"|([0-9]{{1,2}})(?:ST|ND|RD|TH)\s+FL(?:OOR|\b)|({'|'.join(FIRSTS)})\s+FLOOR|([0-9]{{1,2}})/?F(?![A-Z0-9])",
    "hao": rf"第?({_C})\s?号(?!楼)",
    "bare": rf"(?<![0-9A-Z.])([A-Z]?{_N}[A-Z]?)(?![A-Z0-9]|{_MEASURE})",
    "run": _N,
}
SPOTS = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
"""Finds each spot; its `lastgroup` is the kind, its unnamed groups are the parts."""

ROOM = re.compile(r"[A-Z]?(\d{1,2})\d\d[A-Z]?", re.ASCII)
"""A room's number that tells its floor: 501, 1203, A501."""

JOINED = re.compile(r"(?:[\s,;:.、。的里在那和跟与及&_/-]|我家|还有|然后|住|AND){0,6}")
"""What may stand between two parts of one place."""

ALONE_BEFORE = re.compile(r"(?:我们|我|家|住|在|是|[\s,.:、。!])*")
ALONE_AFTER = re.compile(r"[\s,.、。!?的了啊呢]*")
AT_HOME = re.compile(r"(?:我家|住在?|家在|楼|院)\s?$")
"""After these a bare number is a room: 我家501, 阳光楼501."""
