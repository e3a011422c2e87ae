"""What is not seen in a value: blanks of any kind, and characters without a width.

Owns what is taken off the ends of a value, and which names of columns look alike.
"""

from collections.abc import Sequence

_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
_BLANKS = "".join(map(chr, [*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)]))
_BLANKS += "\u2028\u2029\u202f\u205f\u3000" + _INVISIBLE
_UNSEEN = dict.fromkeys(map(ord, f"{_BLANKS}_-"))


def trimmed(value: str) -> str:
    """The value without blanks and invisible characters at its ends."""
    return value.strip(_BLANKS)


def all_trimmed(values: Sequence[str]) -> Sequence[str]:
    """Each of these trimmed. Nearly always there is nothing to take off, which is seen for all at once."""
    together = "".join(values)
    if together.isascii():
        return values if together.split(None, 1) == [together] else list(map(str.strip, values))
    return list(map(trimmed, values))


def alike(name: str) -> str:
    """The same for names that differ in case, blanks, `_`, `-` and invisible characters only."""
    return name.casefold().translate(_UNSEEN)
