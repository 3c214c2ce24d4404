"""Numbers as people write and say them in an address: 501, 五零一, 二〇三, 幺零三, 一百零二, 二十三, 两."""

import re

ZEROS = "零〇○"
DIGITS = {
    **dict(zip("一二三四五六七八九", range(1, 10), strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True)),
    **dict(zip("0123456789", range(10), strict=True)),
    **dict.fromkeys(ZEROS, 0),
    "两": 2,
    "幺": 1,  # "one" on the telephone, so that it is not heard as seven
}
SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
SCORES = {"廿": "二十", "卅": "三十"}

CHARACTERS = "0-9" + "".join(c for c in (*DIGITS, *SCALES, *SCORES) if not c.isascii())
"""Every character a number may consist of, for use inside a character class."""

SIDES = "东西南北中甲乙丙丁"
"""What stands for a number on old stairwells: a side of the building, or a heavenly stem."""

LONGEST = 8
"""More figures than this are a telephone or an account number, never a place."""

# One character for one: positions in the folded text are positions in the text as written.
_TRADITIONAL = (
    "樓號單棟門層東兩園區頂負電邊對後車間裡裏廠廣場華龍麗豐慶潤國際興陽雲寶運榮順澤"
    "億萬個點鐘時貳參陸莊灣軒馬鳳鴻長銀錦綠蘭學員圍牆這庫臺衛處側實"
)
_SIMPLIFIED = (
    "楼号单栋门层东两园区顶负电边对后车间里里厂广场华龙丽丰庆润国际兴阳云宝运荣顺泽"
    "亿万个点钟时贰叁陆庄湾轩马凤鸿长银锦绿兰学员围墙这库台卫处侧实"
)
_MISHEARD = {"搂": "楼", "娄": "楼", "喽": "楼"}
_PLAIN = str.maketrans(
    {
        **dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True)),
        **_MISHEARD,
        **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},
        **{chr(0x2460 + n): str(n + 1) for n in range(9)},
        **dict.fromkeys("\u2013\u2014\u2212\u2010\u2011", "-"),
        "\u3000": " ",
        **{chr(code): chr(code - 32) for code in range(ord("a"), ord("z") + 1)},
    }
    | {chr(0xFF41 + n): chr(ord("A") + n) for n in range(26)}
)
_LETTER_FOR_ZERO = re.compile(r"(?<=\d)O(?=\d)")


_FIGURE = f"[{''.join(c for c in DIGITS if c not in '0' + ZEROS)}]"
_COUNTED = re.compile(
    rf"(?:(?P<k>{_FIGURE})[千仟])?(?:[{ZEROS}](?=.))?(?:(?P<h>{_FIGURE})[百佰])?(?:[{ZEROS}](?=.))?(?P<ten>(?P<t>{_FIGURE})?[十拾])?"
    rf"(?P<n>{_FIGURE})?"
)
_CODE = re.compile(rf"(?P<before>[A-Z]?)(?P<number>[{CHARACTERS}]+)(?P<after>[A-Z甲乙丙丁]?)")
_NAME = re.compile(f"[A-Z{SIDES}]")


def fold(text: str) -> str:
    """Return the text in simplified characters, half-width, in capitals, and exactly as long as it was."""
    return _LETTER_FOR_ZERO.sub("0", text.translate(_PLAIN))


def numeral(text: str) -> str | None:
    """Return the number in plain figures without leading zeros, or None when it is not one number.

    Two neighbouring figures said in one breath (五六, 三四) mean "five or six", so they are not one number.
    """
    text = "".join(SCORES.get(c, c) for c in fold(text))
    if not text or len(text) > LONGEST or any(c not in DIGITS and c not in SCALES for c in text):
        return None
    if any(c in SCALES for c in text):
        value = _counted(text)
        return None if value is None else str(value)
    if _is_vague(text) or _is_mixed(text):
        return None
    return "".join(str(DIGITS[c]) for c in text).lstrip("0") or "0"


def _is_vague(text: str) -> bool:
    return len(text) == 2 and not text.isascii() and 0 < DIGITS[text[0]] == DIGITS[text[1]] - 1


def _is_mixed(text: str) -> bool:
    """7栋一9栋: the stroke between two numbers is no figure of the second."""
    return any(c.isascii() for c in text) and any(not c.isascii() and c not in ZEROS for c in text)


def _counted(text: str) -> int | None:
    """Read thousands, hundreds and tens; 五百一 is 510, 五百零一 is 501."""
    said = _COUNTED.fullmatch(text)
    if said is None:
        return None
    thousands, hundreds, tens, ones = ((DIGITS.get(part, 0) if part else 0) for part in said.group("k", "h", "t", "n"))
    if text[-1] in DIGITS and SCALES.get(text[-2], 0) >= 100:
        ones *= SCALES[text[-2]] // 10
    ten = 10 * (tens or 1) if said["ten"] else 0
    return thousands * 1000 + hundreds * 100 + ten + ones


def code(text: str) -> str | None:
    """Return a number with the letters that belong to it (B3, 12甲), or a letter or side that stands for one (A, 东)."""
    text = fold(text.strip())
    parts = _CODE.fullmatch(text)
    if parts is None:
        return text if _NAME.fullmatch(text) else None
    number = numeral(parts["number"])
    return None if number in (None, "0") else f"{parts['before']}{number}{parts['after']}"
