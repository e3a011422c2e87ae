"""From the bytes of a list to its text: gzip, and UTF-8 or what a mark says, piece by piece.

Owns what a file is before it is rows. Memory is bounded by the pieces, whatever the compression promises; how much
there may be in all is for the caller to say.
"""

import codecs
import zlib
from collections.abc import Iterator

from campaign_operator.domain.contacts.contact_list import UnreadableBytesError, UnreadableListError
from campaign_operator.domain.contacts.file_kinds import LONGEST_SIGN, foreign_bytes, may_be_foreign

PIECE_BYTES = 65_536
"""The most that comes at once out of `Unzipping`."""

_GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 31
_LONGEST_MARK = 4
_MARKS = (
    # The mark of UTF-16 is the beginning of that of UTF-32.
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16-be"),
    (codecs.BOM_UTF8, "UTF-8", "utf-8"),
)
_SAVE_AS_UTF_8 = 'save it as UTF-8 (in Excel: "CSV UTF-8")'


class Unzipping:
    """Bytes as they come; what begins like gzip is unpacked, several members one after another too."""

    def __init__(self) -> None:
        self._head = b""
        self.is_plain = False
        """Whether the bytes are known not to be gzip."""

        self._member: zlib._Decompress | None = None
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes give. Raises UnreadableListError for gzip that is damaged or not all of it."""
        if not self.is_plain and self._member is None:
            data, self._head = self._head + data, b""
            data = self._begin(data)
        if self.is_plain:
            for start in range(0, len(data), PIECE_BYTES):
                yield data[start : start + PIECE_BYTES]
        else:
            yield from self._unpacked(data)

    def finish(self) -> Iterator[bytes]:
        """The rest. Raises UnreadableBytesError for gzip that ends too early."""
        if self._member is not None:
            raise UnreadableBytesError("is incomplete: the gzip data ends too early")
        if self._head and self._members:
            raise UnreadableBytesError("contains something else after its gzip data")
        if self._head:
            yield self._head

    def _begin(self, data: bytes) -> bytes:
        """Find out what follows, as soon as there is enough of it."""
        if self._members:
            # gzip may be padded with zeros.
            data = data.lstrip(b"\0")
        if len(data) < len(_GZIP) and _GZIP.startswith(data):
            self._head = data
            return b""
        if data.startswith(_GZIP):
            self._member = zlib.decompressobj(_WITH_GZIP_HEADER)
            self._members += 1
        elif self._members:
            raise UnreadableBytesError("contains something else after its gzip data")
        else:
            self.is_plain = True
        return data

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        while self._member is not None:
            try:
                piece = self._member.decompress(data, PIECE_BYTES)
            except zlib.error:
                # No line: what was unpacked with these bytes is lost, and none of it can be trusted.
                raise UnreadableListError("is damaged: the gzip data cannot be decompressed") from None
            if piece:
                yield piece
            if self._member.eof:
                data, self._member = self._member.unused_data, None
                data = self._begin(data)
            else:
                data = self._member.unconsumed_tail
                if not data and len(piece) < PIECE_BYTES:
                    return


class Decoding:
    """UTF-8, or what a mark at the beginning says: UTF-16 or UTF-32. Cut anywhere."""

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._codec = "utf-8"
        self._head = b""
        self.encoding = "UTF-8"
        """Its name; known after the first text."""

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """The text so far as it is complete. Raises UnreadableBytesError."""
        if self._decoder is None:
            data, self._head = self._head + data, b""
            if len(data) < (LONGEST_SIGN if may_be_foreign(data) else _LONGEST_MARK) and not final:
                self._head = data
                return ""
            data = self._begin(data)
        try:
            text = self._decoder.decode(data, final) if self._decoder is not None else ""
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(self._codec)
            _raise_if_nul(before)
            message = f"is not valid {self.encoding}, starting here; {_SAVE_AS_UTF_8}"
            raise UnreadableBytesError(message, before) from None
        _raise_if_nul(text)
        return text

    def _begin(self, data: bytes) -> bytes:
        """See what the bytes are, and leave out the mark."""
        foreign = foreign_bytes(data)
        if foreign is not None:
            raise UnreadableBytesError(foreign)
        for mark, encoding, codec in _MARKS:
            if data.startswith(mark):
                self.encoding, self._codec = encoding, codec
                data = data[len(mark) :]
                break
        self._decoder = codecs.getincrementaldecoder(self._codec)()
        return data


def _raise_if_nul(text: str) -> None:
    """Also of what stands before a byte that is not text: the first fault is told, wherever the bytes were cut."""
    before, nul, _ = text.partition("\0")
    if nul:
        raise UnreadableBytesError(
            f"contains a NUL byte, so it is not text; if it is in UTF-16 without a mark, {_SAVE_AS_UTF_8}", before
        )
