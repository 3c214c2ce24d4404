"""How many segments a text costs: 160/153 characters in the GSM-7 alphabet, 70/67 in UCS-2 (3GPP TS 23.038)."""

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_ESCAPED = frozenset("^{}\\[~]|€\f")  # each costs two places


def segments_of(body: str) -> int:
    """The number of SMS segments; one Chinese character or curly quote turns the whole text to UCS-2."""
    if _GSM7.union(_GSM7_ESCAPED).issuperset(body):
        return _parts(sum(2 if character in _GSM7_ESCAPED else 1 for character in body), 160, 153)
    return _parts(len(body.encode("utf-16-be")) // 2, 70, 67)


def _parts(length: int, alone: int, joined: int) -> int:
    return 1 if length <= alone else -(-length // joined)
